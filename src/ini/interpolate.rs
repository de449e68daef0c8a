//! The value after its percent signs are resolved, as configparser's `BasicInterpolation` does it.
//!
//! What enters: a section and a key's value. What leaves: the text that Kallithea gets, or why there is none. A name is
//! looked up in the section, then in `[DEFAULT]`. PasteDeploy (`ConfigLoader`) and the bridge add `here` and `__file__`,
//! which depend on the file's place: these stay as they are written.

use super::read::{DEFAULT, Ini, Section};

/// Python's `configparser.MAX_INTERPOLATION_DEPTH`.
const DEEPEST: usize = 10;

/// No meaningful value has more references; a chain of values with many references would grow without end.
const MOST: usize = 10_000;

/// What PasteDeploy and the bridge add to `[DEFAULT]`.
const ADDED: [&str; 2] = ["here", "__file__"];

/// Why a value has no text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unresolved {
    /// A percent sign that is not followed by another one or by `(name)s`.
    Percent,
    /// A name that no key has. It is not shown, because it may be part of a password.
    Name,
    /// Names that lead to names, and so on.
    Endless,
}

/// The resolved text of a value.
pub(crate) fn resolved(ini: &Ini<'_>, section: &Section, value: &str) -> Result<String, Unresolved> {
    let mut resolver = Resolver { ini, section, references: 0, text: String::new() };
    resolver.resolve(value, DEEPEST)?;
    Ok(resolver.text)
}

struct Resolver<'a> {
    ini: &'a Ini<'a>,
    section: &'a Section,
    references: usize,
    text: String,
}

impl Resolver<'_> {
    fn resolve(&mut self, value: &str, levels: usize) -> Result<(), Unresolved> {
        if levels == 0 {
            return Err(Unresolved::Endless);
        }
        let mut rest = value;
        while let Some((before, behind)) = rest.split_once('%') {
            self.text.push_str(before);
            let name = behind.strip_prefix('(').and_then(|inside| inside.split_once(')'));
            rest = match (behind.strip_prefix('%'), name) {
                (Some(behind), _) => {
                    self.text.push('%');
                    behind
                }
                (None, Some((name, behind))) if !name.is_empty() && behind.starts_with('s') => {
                    self.refer(name, levels - 1)?;
                    &behind[1..]
                }
                _ => return Err(Unresolved::Percent),
            };
        }
        self.text.push_str(rest);
        Ok(())
    }

    /// The value of `%(name)s`.
    fn refer(&mut self, name: &str, levels: usize) -> Result<(), Unresolved> {
        self.references += 1;
        if self.references > MOST {
            return Err(Unresolved::Endless);
        }
        let ini = self.ini;
        let mut defaults = ini.sections.iter().filter(|section| ini.text[section.name.clone()] == *DEFAULT);
        let own = self.section.entry(ini, name);
        let entry = own.or_else(|| defaults.find_map(|section| section.entry(ini, name)));
        match entry.map(|entry| ini.value(entry)) {
            Some(value) if value.contains('%') => self.resolve(&value, levels)?,
            Some(value) => self.text.push_str(&value),
            None if ADDED.contains(&name) => self.text.push_str(&format!("%({name})s")),
            None => return Err(Unresolved::Name),
        }
        Ok(())
    }
}
