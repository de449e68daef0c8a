//! From a source to a spec that is known to be sound, or to every problem that it has.
//!
//! The value tree enters; a [`Spec`] and [`Diagnostic`]s leave. What the schema refuses is reported and taken
//! out, so that the rules still see the rest: one run names every mistake.

mod context;
mod rules;
mod schema;
mod text;

use crate::diagnostic::{self, Diagnostic};
use crate::source::{self, Source};
use crate::spec::Spec;

/// The name of the site that every Windows Server comes with; its number is 1.
pub const DEFAULT_WEB_SITE: &str = "Default Web Site";

/// What a check found.
#[derive(Debug)]
pub struct Checked {
    /// The spec, where nothing is wrong with it.
    pub spec: Option<Spec>,
    /// Every problem, in the order of their places. With a spec there can still be warnings.
    pub diagnostics: Vec<Diagnostic>,
}

/// Checks a source: its YAML, the schema, the rules across keys.
pub fn check(source: &Source) -> Checked {
    let (root, mut diagnostics) = source::parse(source);
    let spec = root.and_then(|root| {
        let (accepted, problems) = schema::validate(&root, source);
        diagnostics.extend(problems);
        diagnostics.extend(text::check(&root));
        let spec: Spec = serde_json::from_value(accepted?).expect("what the schema accepts is a spec");
        rules::check(&context::Context { spec: &spec, root: &root }, &mut diagnostics);
        Some(spec)
    });
    let failed = diagnostic::sort(&mut diagnostics);
    Checked { spec: spec.filter(|_| !failed), diagnostics }
}
