//! A PowerShell script as a tree, by a real grammar. In: its text. Out: the places that a test inspects.

use std::collections::BTreeSet;

use tree_sitter::{Node, Parser, Tree};

/// A script and its tree.
pub struct Script {
    pub text: String,
    tree: Tree,
}

impl Script {
    /// Parses a script as Windows PowerShell reads it: a byte-order mark is not part of its text.
    pub fn parse(text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
        let mut parser = Parser::new();
        parser.set_language(&tree_sitter_powershell::LANGUAGE.into()).expect("the grammar");
        let tree = parser.parse(&text, None).expect("a tree");
        Self { text, tree }
    }

    /// The places that the grammar cannot parse.
    pub fn flaws(&self) -> Vec<String> {
        let flawed = |node: &Node<'_>| node.is_error() || node.is_missing();
        let shown = |node: Node<'_>| format!("{}: {}", node.start_position(), self.of(node));
        self.all().into_iter().filter(flawed).map(shown).collect()
    }

    /// Every node of a kind.
    pub fn nodes(&self, kind: &str) -> Vec<Node<'_>> {
        self.all().into_iter().filter(|node| node.kind() == kind).collect()
    }

    fn all(&self) -> Vec<Node<'_>> {
        let mut found = Vec::new();
        let mut waiting = vec![self.tree.root_node()];
        while let Some(node) = waiting.pop() {
            found.push(node);
            waiting.extend((0..node.child_count()).rev().filter_map(|index| node.child(index)));
        }
        found
    }

    /// A node's text.
    pub fn of(&self, node: Node<'_>) -> &str {
        &self.text[node.byte_range()]
    }

    /// The name of a command; empty for an expression.
    pub fn name(&self, command: Node<'_>) -> String {
        let name = command.child_by_field_name("command_name").filter(|name| name.kind() == "command_name");
        name.map(|name| self.of(name).to_owned()).unwrap_or_default()
    }

    /// The functions that the script defines.
    pub fn functions(&self) -> BTreeSet<String> {
        self.nodes("function_name").into_iter().map(|name| self.of(name).to_owned()).collect()
    }

    /// The function around a node; empty if there is none.
    pub fn function(&self, node: Node<'_>) -> String {
        let around = ancestors(node).into_iter().find(|above| above.kind() == "function_statement");
        around
            .and_then(|function| function.named_child(0))
            .map(|name| self.of(name).to_owned())
            .unwrap_or_default()
    }

    /// Whether a node runs only after a question: in a block for `Invoke-Change`, or in one that is kept to undo such a change.
    pub fn is_guarded(&self, node: Node<'_>) -> bool {
        let mut in_block = false;
        for above in ancestors(node) {
            in_block |= above.kind() == "script_block_expression";
            let asks = above.kind() == "command" && self.name(above) == "Invoke-Change";
            let keeps =
                above.kind() == "invokation_expression" && self.of(above).starts_with("$Changes.Push(");
            if in_block && (asks || keeps) {
                return true;
            }
        }
        false
    }

    /// Every single-quoted literal, read as PowerShell reads it.
    pub fn literals(&self) -> Vec<String> {
        let literals = self.nodes("verbatim_string_characters").into_iter();
        literals.map(|node| unquote(self.of(node)).expect("a literal").0).collect()
    }

    /// The text without single-quoted literals.
    pub fn without_literals(&self) -> String {
        let mut text = self.text.clone();
        for node in self.nodes("verbatim_string_characters").into_iter().rev() {
            text.replace_range(node.byte_range(), "''");
        }
        text
    }
}

/// The nodes around one, the nearest first.
pub fn ancestors(node: Node<'_>) -> Vec<Node<'_>> {
    std::iter::successors(node.parent(), Node::parent).collect()
}

/// A verbatim string literal at the start of a text, and its length: PowerShell's language specification, 2.3.5.2. All
/// five single quotes begin, end and double.
pub fn unquote(text: &str) -> Option<(String, usize)> {
    let is_quote = |character: &char| matches!(character, '\'' | '\u{2018}'..='\u{201b}');
    let mut characters = text.char_indices().peekable();
    characters.next_if(|(_, first)| is_quote(first))?;
    let mut value = String::new();
    while let Some((place, character)) = characters.next() {
        if !is_quote(&character) {
            value.push(character);
            continue;
        }
        match characters.next_if(|(_, second)| is_quote(second)) {
            Some((_, second)) => value.push(second),
            None => return Some((value, place + character.len_utf8())),
        }
    }
    None
}
