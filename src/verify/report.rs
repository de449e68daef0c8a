//! What was found, as data and as text.
//!
//! What enters: lines, one for each promise. What leaves: a [`Report`] that can be printed either way. Absent: finding anything.

use std::fmt::Write as _;

use kallithea_bridge_isapi::visible;
use schemars::JsonSchema;
use serde::Serialize;

/// Everything that was found.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Verified")]
pub(crate) struct Report {
    /// The URL of the application's first page.
    pub url: String,
    /// Where it was asked, if that is not what the name in the URL leads to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Who asked.
    pub user: String,
    /// How many promises are kept.
    pub kept: usize,
    /// How many are not.
    pub broken: usize,
    /// How many were not looked at.
    pub unseen: usize,
    /// Each promise, in the order in which they were looked at.
    pub promises: Vec<Line>,
}

/// One promise of the spec.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Promise")]
pub(crate) struct Line {
    /// The key of the spec that makes it, or `bridge` if every deployment makes it.
    pub key: &'static str,
    /// What is promised.
    pub promise: String,
    /// How it went.
    pub verdict: Verdict,
    /// What was asked; empty if nothing was.
    pub asked: String,
    /// The answer that keeps the promise; empty if nothing was asked.
    pub expected: String,
    /// What the server answered; if nothing was looked at, why.
    pub seen: String,
    /// What `explain` knows about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explain: Option<&'static str>,
}

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    /// The server keeps it.
    Kept,
    /// The server does not keep it.
    Broken,
    /// It was not looked at.
    Unseen,
}

impl Report {
    pub(super) fn new(url: String, address: Option<String>, user: String, promises: Vec<Line>) -> Self {
        let count = |verdict| promises.iter().filter(|line| line.verdict == verdict).count();
        let (kept, broken) = (count(Verdict::Kept), count(Verdict::Broken));
        Self { url, address, user, kept, broken, unseen: promises.len() - kept - broken, promises }
    }

    /// What the server does not keep.
    pub(crate) fn not_kept(&self) -> impl Iterator<Item = &Line> {
        self.promises.iter().filter(|line| line.verdict == Verdict::Broken)
    }

    /// The report for a person. What is not kept comes last, so that it is on the screen.
    pub(crate) fn text(&self) -> String {
        let at = self.address.as_ref().map(|address| format!(" at {address}")).unwrap_or_default();
        let mut text = format!("{}{at}, asked by {}\n", self.url, self.user);
        let titles =
            [("kept", Verdict::Kept), ("not looked at", Verdict::Unseen), ("not kept", Verdict::Broken)];
        for (title, verdict) in titles {
            let lines: Vec<&Line> = self.promises.iter().filter(|line| line.verdict == verdict).collect();
            if lines.is_empty() {
                continue;
            }
            put(&mut text, format_args!("\n{title}:"));
            lines.iter().for_each(|line| line.put(&mut text));
        }
        let Self { kept, broken, unseen, .. } = self;
        put(&mut text, format_args!("\n{kept} kept, {broken} not kept, {unseen} not looked at"));
        // The server may have answered anything.
        visible::lines(&text)
    }
}

impl Line {
    fn put(&self, text: &mut String) {
        put(text, format_args!("  {}: {}", self.key, self.promise));
        if self.verdict == Verdict::Unseen {
            return put(text, format_args!("      because {}", self.seen));
        }
        put(text, format_args!("      asked    {}", self.asked));
        put(text, format_args!("      expected {}", self.expected));
        put(text, format_args!("      seen     {}", self.seen));
        if let Some(word) = self.explain {
            put(text, format_args!("      do       kallithea-iisc explain {word}"));
        }
    }
}

fn put(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("a string takes everything");
}
