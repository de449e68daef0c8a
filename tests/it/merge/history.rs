//! Histories of a server's file: deployments that are added, changed and removed, mixed with changes by administrators
//! and IIS Manager, in any order. What no deployment made must be there after each step. The fuzz target `histories`
//! uses this file, too.
//!
//! In: a file, deployments, and bytes that encode the steps. Out: how often a deployment was added, or what was lost. A second
//! file gets only the changes by others: the first file must equal it at the end.

use iis_config::markup::{self, Document};
use kallithea_iisc::merge::{Orders, Plan, Stale, Strangers, plan, removal};
use kallithea_iisc::model::Deployment;

/// A folder of others, in something that a deployment takes over when told to adopt.
const ADOPTABLE: &str = r"D:\theirs";
const MARK: &str = "<!-- kallithea-iisc: ";
const EVERYTHING: Orders = Orders { strangers: Strangers::Adopt, stale: Stale::Prune };
const PRUNE: Orders = Orders { strangers: Strangers::Refuse, stale: Stale::Prune };

/// A file, and what others wrote in it.
struct History<'d> {
    /// The server's file.
    text: String,
    /// The same file as if no deployment had ever been there.
    foreign: String,
    /// What others wrote into nodes of deployments.
    inside: Vec<String>,
    /// Whether the comments still say enough to restore every byte.
    is_exact: bool,
    deployments: &'d [Deployment],
    taken: usize,
}

/// Specs of three deployments; two have several, such as one below the site's root and one with another pool.
pub fn specs(minimal: &str, subfolder: &str) -> [String; 7] {
    let other = minimal
        .replace("name: minimal", "name: other")
        .replace("name: Kallithea", "name: Other")
        .replace("kallithea.corp", "other.corp")
        .replace(r"inetpub\kallithea", r"inetpub\other");
    let renamed = minimal.replace("name: Kallithea", "name: Repositories");
    let below = renamed.replace("site:", "virtualDirectory:\n  path: /code\nsite:");
    let pooled = minimal.replace("site:", "applicationPool:\n  name: Other Pool\nsite:");
    let traced = subfolder.replace("name: subfolder", "name: third") + "\nfailedRequestTracing: {}\n";
    let again = other.replace("name: other", "name: minimal");
    [minimal.to_owned(), other, renamed, below, pooled, traced, again]
}

/// Plays a history; three bytes are a step. Returns how often a deployment was added to the file.
///
/// # Errors
/// What was lost, and after which step.
pub fn play(text: &str, deployments: &[Deployment], steps: &[u8]) -> Result<usize, String> {
    let (foreign, inside) = (text.to_owned(), Vec::new());
    let mut history =
        History { text: text.to_owned(), foreign, inside, is_exact: true, deployments, taken: 0 };
    for (number, step) in steps.chunks_exact(3).enumerate() {
        let said = history.step(step[0], step[1].into(), step[2].into());
        history
            .nothing_is_lost()
            .map_err(|lost| format!("step {number}, {said}: {lost}\n{}", history.text))?;
    }
    history.end()?;
    Ok(history.taken)
}

impl History<'_> {
    fn step(&mut self, kind: u8, one: usize, other: usize) -> &'static str {
        let deployments = self.deployments;
        let deployment = &deployments[one % deployments.len()];
        match kind % 20 {
            0..=2 => self.planned("apply", plan(&self.text, deployment, Strangers::Refuse)),
            3 | 4 => self.planned("prune", plan(&self.text, deployment, PRUNE)),
            5 => self.planned("adopt", plan(&self.text, deployment, EVERYTHING)),
            6 | 7 => self.planned("remove", removal(&self.text, deployment)),
            8 => self.drop_comment(one),
            9 => self.move_comment(one, other),
            10 => self.delete_node(one),
            11 => self.both("re-indent", indented),
            12 => self.both("reorder attributes", reordered),
            13 => {
                self.both("add a pool", |text| behind(text, "<applicationPools>", "<add name=\"Theirs\" />"))
            }
            // With a comment moved into it, the text would not be found.
            14 if self.foreign.contains("id=\"99\"") => "add nothing",
            14 => self.both("add a site", |text| {
                behind(text, "<sites>", "<site name=\"Theirs\" id=\"99\"><application path=\"/\" /></site>")
            }),
            15 => self.add_inside(one, other),
            16 => self.former_comments(),
            17 => self.note(one),
            18 => self.turn_round(one, other),
            _ => self.make_anew(one),
        }
    }

    fn planned<E>(&mut self, said: &'static str, planned: Result<Plan, E>) -> &'static str {
        if let Ok(plan) = planned {
            self.taken += usize::from(plan.text.len() > self.text.len());
            self.text = plan.text;
            // A binding is removed with its site, and the plan says so.
            let told: Vec<String> = plan.steps.into_iter().flat_map(|step| step.details).collect();
            let is_told = |inside: &str| {
                told.iter().any(|line| {
                    line.strip_prefix("removed with it: bindings/binding http ")
                        .is_some_and(|address| inside.contains(&format!("\"{address}\"")))
                })
            };
            self.inside.retain(|inside| !is_told(inside));
        }
        if said == "adopt" {
            // What the deployment was told to take over no longer belongs to others.
            let text = &self.text;
            self.inside.retain(|inside| !inside.contains(ADOPTABLE) || holds(text, inside));
        }
        said
    }

    fn both(&mut self, said: &'static str, change: impl Fn(&str) -> String) -> &'static str {
        (self.text, self.foreign) = (change(&self.text), change(&self.foreign));
        said
    }

    /// IIS Manager deletes a node; the comment of the node stays.
    fn delete_node(&mut self, number: usize) -> &'static str {
        let document = markup::parse(&self.text).expect("XML");
        let Some((_, end, parent)) = mark(&document, number) else { return "delete nothing" };
        let next = document.elements.iter().find(|element| element.offset > end && element.parent == parent);
        let Some(next) = next.filter(|next| self.text[end..next.offset].trim().is_empty()) else {
            return "delete nothing";
        };
        let (start, end) = (self.text[..next.offset].trim_end().len(), next.end);
        let gone = self.text[start..end].to_owned();
        // If others owned this node already, we lose nothing.
        if pieces(&self.foreign)
            .any(|piece| piece == pieces(&gone).find(|piece| !piece.is_empty()).unwrap_or_default())
        {
            return "delete nothing";
        }
        self.inside.retain(|inside| !holds(&gone, inside));
        self.text.replace_range(start..end, "");
        // In a file of one line, the owner of the line break before the comment is unknown once the text behind it is gone.
        self.is_exact &= self.foreign.contains('\n');
        self.is_exact &= self.text[start..].trim_start_matches([' ', '\t']).starts_with(['\r', '\n']);
        "delete a node"
    }

    fn drop_comment(&mut self, number: usize) -> &'static str {
        let _ = self.cut_comment(number);
        "drop a comment"
    }

    /// A comment goes to another place: before any element that is not the root.
    fn move_comment(&mut self, number: usize, place: usize) -> &'static str {
        let Some(comment) = self.cut_comment(number) else { return "move nothing" };
        // In a file that is one line, the owner of the line break before the comment is unknown.
        self.is_exact &= self.foreign.contains('\n');
        let document = markup::parse(&self.text).expect("XML");
        let offset = document.elements[1 + place % (document.elements.len() - 1)].offset;
        let indent = self.text[..offset].rsplit('\n').next().unwrap_or_default().to_owned();
        let is_alone = indent.trim().is_empty();
        let newline = if self.text.contains("\r\n") { "\r\n" } else { "\n" };
        let indent = if is_alone { format!("{newline}{indent}") } else { String::new() };
        let moved = format!("{}{comment}{indent}{}", &self.text[..offset], &self.text[offset..]);
        // Inside something that others added, the comment would only keep that from being found.
        if self.inside.iter().all(|inside| holds(&moved, inside)) {
            self.text = moved;
        }
        "move a comment"
    }

    fn cut_comment(&mut self, number: usize) -> Option<String> {
        let document = markup::parse(&self.text).expect("XML");
        let (start, end, _) = mark(&document, number)?;
        let comment = self.text[start..end].to_owned();
        // This comment may have inherited what another one says of the list around it, or it may hide that the list is empty.
        self.is_exact &= !self.text.contains("made with it") && !self.text.contains("around it stood");
        let before = self.text[..start].trim_end_matches([' ', '\t']);
        let before =
            before.strip_suffix('\n').map_or(start, |line| line.strip_suffix('\r').unwrap_or(line).len());
        let is_alone = self.text[end..].trim_start_matches([' ', '\t']).starts_with(['\r', '\n']);
        self.text.replace_range(if is_alone { before } else { start }..end, "");
        Some(comment)
    }

    /// Somebody adds something to a node that a deployment made.
    fn add_inside(&mut self, number: usize, what: usize) -> &'static str {
        let document = markup::parse(&self.text).expect("XML");
        let Some(site) = self.site(&document, number) else { return "add nothing" };
        let has_code = document.named(site, "application").any(|inner| inner.says("path", "/code"));
        let bindings = document.named(site, "bindings").next().filter(|bindings| !bindings.is_one_tag());
        let theirs = match what % 5 {
            4 if bindings.is_none() => return "add nothing",
            4 => format!("<binding protocol=\"http\" bindingInformation=\"*:1{number}:\" />"),
            3 if has_code => return "add nothing",
            3 => format!(
                "<application path=\"/code\" applicationPool=\"DefaultAppPool\"><virtualDirectory path=\"/\" \
                 physicalPath=\"{ADOPTABLE}\" /></application>"
            ),
            0 => format!("<application path=\"/team{number}\" />"),
            1 => format!(
                "<application path=\"/A@{number}\"><virtualDirectory path=\"/\" physicalPath=\"D:\\x\" \
                 /></application>"
            ),
            _ => format!("<ftpServer serverAutoStart=\"{number}\" />"),
        };
        let at = bindings.filter(|_| what % 5 == 4).map_or(site.closing, |bindings| bindings.closing);
        self.text.insert_str(at, &theirs);
        self.inside.push(theirs);
        "add inside"
    }

    /// A site that a deployment made.
    fn site<'e, 'a>(&self, document: &'e Document<'a>, number: usize) -> Option<&'e markup::Element<'a>> {
        let sites = document.elements.iter().filter(|element| {
            let own = self.text[..element.offset].trim_end();
            element.name == "site"
                && own.ends_with("-->")
                && own.rfind("<!--").is_some_and(|at| own[at..].starts_with(MARK))
        });
        let sites: Vec<_> = sites.collect();
        let site = sites.get(number % sites.len().max(1))?;
        // A site belongs to others if a comment was moved before it, or if it was made anew.
        let tag = |piece: &str| !piece.is_empty() && self.text[site.offset + 1..].starts_with(piece);
        let is_theirs = pieces(&self.foreign).any(tag);
        (!is_theirs && !self.text[site.offset..site.end].contains(ADOPTABLE)).then_some(*site)
    }

    /// Another tool reverses the order of the children of a site that a deployment made, or of an element in it.
    fn turn_round(&mut self, number: usize, place: usize) -> &'static str {
        let document = markup::parse(&self.text).expect("XML");
        let Some(site) = self.site(&document, number) else { return "turn nothing round" };
        let inner = document
            .elements
            .iter()
            .filter(|inner| site.offset <= inner.offset && inner.end <= site.end && inner.children.len() > 1);
        let inner: Vec<_> = inner.collect();
        let Some(around) = inner.get(place % inner.len().max(1)) else { return "turn nothing round" };
        let children: Vec<_> = document.children(around).map(|child| child.offset..child.end).collect();
        let range = children[0].start..children[children.len() - 1].end;
        let mut turned = String::new();
        for (number, turn) in children.iter().rev().enumerate() {
            turned += &self.text[turn.clone()];
            // The text between them stays where it is.
            let between = children.get(number + 1).map(|next| children[number].end..next.start);
            turned += &self.text[between.unwrap_or_default()];
        }
        self.text.replace_range(range, &turned);
        "turn round"
    }

    /// A site that a deployment made is deleted, and another team makes one with the same name.
    fn make_anew(&mut self, number: usize) -> &'static str {
        let document = markup::parse(&self.text).expect("XML");
        let Some(site) = self.site(&document, number) else { return "make nothing anew" };
        let (name, id) = (site.value("name").unwrap_or_default(), site.value("id").unwrap_or_default());
        let theirs = format!(
            "<site name=\"{name}\" id=\"{id}\"><application path=\"/\" \
             applicationPool=\"DefaultAppPool\"><virtualDirectory path=\"/\" physicalPath=\"{ADOPTABLE}\" \
             /></application></site>"
        );
        let range = site.offset..site.end;
        let gone = self.text[range.clone()].to_owned();
        self.inside.retain(|inside| !holds(&gone, inside));
        self.text.replace_range(range, &theirs);
        self.inside.push(theirs);
        "make anew"
    }

    /// The comments are rewritten as former versions wrote them.
    fn former_comments(&mut self) -> &'static str {
        let mut text = String::with_capacity(self.text.len());
        let mut rest = self.text.as_str();
        while let Some(at) = rest.find(MARK) {
            let (before, behind) = rest.split_at(at + MARK.len());
            let (said, after) = behind.split_once(" -->").expect("the end of a comment");
            let stood = said.split("; ").find(|field| field.starts_with("around it stood"));
            self.is_exact &= !said.contains("made with it") && stood.is_none();
            text += before;
            text += said.split("; ").next().unwrap_or_default();
            text += &stood.map(|stood| format!("; {stood}")).unwrap_or_default();
            text += " -->";
            rest = after;
        }
        self.text = text + rest;
        "former comments"
    }

    /// Somebody writes a comment of their own before something of their own.
    fn note(&mut self, number: usize) -> &'static str {
        let note = format!("<!-- note {number} -->");
        self.both("a note", |text| match text.find("<siteDefaults") {
            Some(at) => format!("{}{note}{}", &text[..at], &text[at..]),
            None => text.to_owned(),
        })
    }

    /// Every tag and comment of others is there, in order.
    fn nothing_is_lost(&self) -> Result<(), String> {
        let mut present = pieces(&self.text);
        for wanted in pieces(&self.foreign).filter(|piece| !holds_ours(piece)) {
            if !present.any(|piece| piece == wanted) {
                return Err(format!("lost: <{wanted}"));
            }
        }
        match self.inside.iter().find(|inside| !holds(&self.text, inside)) {
            Some(inside) => Err(format!("lost inside: {inside}")),
            None => Ok(()),
        }
    }

    /// All deployments are removed; every other byte is what it was.
    fn end(&mut self) -> Result<(), String> {
        for deployment in self.deployments {
            self.planned("adopt", plan(&self.text, deployment, EVERYTHING));
            self.planned("remove", removal(&self.text, deployment));
            self.nothing_is_lost().map_err(|lost| format!("at the end: {lost}\n{}", self.text))?;
        }
        let is_clean = self.inside.is_empty() && !self.text.contains(MARK);
        // A switch in a site of others belongs to them once no comment says otherwise; no order takes it over.
        let switches = |text: &str| text.matches("<traceFailedRequestsLogging").count();
        let has_left = switches(&self.text) != switches(&self.foreign)
            || self.deployments.iter().any(|deployment| {
                let pool = format!("name=\"{}\"", deployment.pool.name);
                self.text.contains(&*deployment.application.physical_path)
                    || self.text.contains(&*deployment.dispatch_dll())
                    // A former version's comment does not say which pool was meant.
                    || deployment.pool.own.is_some() && self.text.contains(&pool)
            });
        let tags = |text: &str| {
            let tags = pieces(text).filter(|piece| !holds_ours(piece));
            tags.map(ToOwned::to_owned).collect::<Vec<_>>()
        };
        let is_same = match self.is_exact {
            true => self.text == self.foreign,
            false => tags(&self.text) == tags(&self.foreign),
        };
        if is_clean && !has_left && !is_same {
            let differs =
                self.text.bytes().zip(self.foreign.bytes()).take_while(|(one, other)| one == other).count();
            let around = |text: &str| {
                let (from, to) = (differs.saturating_sub(200), (differs + 300).min(text.len()));
                text[text.floor_char_boundary(from)..text.floor_char_boundary(to)].to_owned()
            };
            let (is, was) = (around(&self.text), around(&self.foreign));
            return Err(format!("at the end it is not what it was:\n{is}\n--- but\n{was}"));
        }
        Ok(())
    }
}

/// Where one of our comments begins and ends, and the element around it.
fn mark(document: &Document<'_>, number: usize) -> Option<(usize, usize, Option<usize>)> {
    let marks = document.comments.iter().filter(|comment| comment.words.starts_with("kallithea-iisc: "));
    let marks: Vec<_> = marks.collect();
    let comment = marks.get(number % marks.len().max(1))?;
    Some((comment.span.start, comment.span.end, comment.parent))
}

/// The tags and comments of a text, without the white space between them.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    text.split('<').map(str::trim)
}

/// Lists that were empty now have our nodes, so their own tags differ.
fn holds_ours(piece: &str) -> bool {
    ["isapiCgiRestriction", "security", "/security", "/isapiCgiRestriction"]
        .iter()
        .any(|name| piece.starts_with(name))
}

/// Indents each line by one more space, except the first, which is the XML declaration.
fn indented(text: &str) -> String {
    text.replace('\n', "\n ").trim_end_matches(' ').to_owned()
}

fn behind(text: &str, tag: &str, new: &str) -> String {
    // There is one for each kind, with its own tag; IIS would refuse a second one of the same name.
    match text.find(tag).filter(|_| !text.contains(new)) {
        Some(at) => format!("{}{new}{}", &text[..at + tag.len()], &text[at + tag.len()..]),
        None => text.to_owned(),
    }
}

/// Reverses the attributes of each tag.
fn reordered(text: &str) -> String {
    let document = markup::parse(text).expect("XML");
    let mut changed = text.to_owned();
    for element in document.elements.iter().rev() {
        if let (Some(first), Some(last)) = (element.attributes.first(), element.attributes.last()) {
            let written = element.attributes.iter().rev();
            let written: Vec<&str> = written.map(|one| &text[one.offset..one.written.end + 1]).collect();
            changed.replace_range(first.offset..last.written.end + 1, &written.join(" "));
        }
    }
    changed
}

/// Whether a text has an element, with its attributes in either order.
fn holds(text: &str, element: &str) -> bool {
    text.contains(element) || text.contains(&reordered(element))
}
