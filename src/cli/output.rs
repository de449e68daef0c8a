//! What a run prints, and where: results on standard output, everything about the run on standard error.

use std::io::{self, IsTerminal, Write};
use std::ops::ControlFlow;

use anstream::{AutoStream, ColorChoice};
use kallithea_bridge_isapi::visible;
use serde::Serialize;
use serde_json::Value;

use super::{ColorArgument, Common, FormatArgument, Trouble};
use crate::characters::shown;
use crate::diagnostic::{Diagnostic, Format, render, summary};
use crate::source::Source;

/// The two streams, with the user's options for them.
pub(super) struct Output {
    out: AutoStream<io::Stdout>,
    error: AutoStream<io::Stderr>,
    json: bool,
    quiet: bool,
    verbose: bool,
}

impl Output {
    pub(super) fn new(common: &Common) -> Self {
        let choice = match common.color {
            ColorArgument::Auto => ColorChoice::Auto,
            ColorArgument::Always => ColorChoice::Always,
            ColorArgument::Never => ColorChoice::Never,
        };
        Self {
            out: AutoStream::new(io::stdout(), choice),
            error: AutoStream::new(io::stderr(), choice),
            json: common.format == FormatArgument::Json,
            quiet: common.quiet,
            verbose: common.verbose,
        }
    }

    /// Whether results are JSON.
    pub(super) fn json(&self) -> bool {
        self.json
    }

    /// Prints a result.
    pub(super) fn print(&mut self, text: &str) -> Result<(), Trouble> {
        self.print_more(text).map(drop)
    }

    /// Prints a result for programs to read.
    pub(super) fn print_json(&mut self, result: &impl Serialize) -> Result<(), Trouble> {
        self.print(&format!("{}\n", serde_json::to_string_pretty(result)?))
    }

    /// Prints a part of a result of unknown length, and says whether to go on.
    pub(super) fn print_more(&mut self, text: &str) -> Result<ControlFlow<()>, Trouble> {
        match self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()) {
            // The reader has enough, as with `head`.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ControlFlow::Break(())),
            done => Ok(ControlFlow::Continue(done?)),
        }
    }

    /// Tells the person who watches about the progress of the run.
    pub(super) fn say(&mut self, text: &str) {
        if !self.quiet {
            self.tell(text);
        }
    }

    /// Tells what was tried, if the user asked for it.
    pub(super) fn explain(&mut self, text: &str) {
        if self.verbose {
            self.tell(text);
        }
    }

    /// Reports what is wrong with the input, quiet or not.
    pub(super) fn problem(&mut self, text: &str) {
        self.tell(&format!("kallithea-iisc: {text}"));
    }

    /// Reports what prevented the run.
    pub(super) fn trouble(&mut self, trouble: &dyn std::error::Error) {
        self.tell(&format!("kallithea-iisc: {trouble}"));
    }

    /// Reports something to a program that reads standard error line by line.
    pub(super) fn line(&mut self, value: &Value) {
        self.tell(&value.to_string());
    }

    /// Whether a person sees progress as it comes.
    pub(super) fn is_watched(&self) -> bool {
        !self.quiet && !self.verbose && io::stderr().is_terminal()
    }

    /// Shows the problems of specs, with a line that counts them.
    pub(super) fn diagnostics(&mut self, reports: &[(&Source, &[Diagnostic])]) -> Result<(), Trouble> {
        if self.json {
            return self.print(&render(reports, Format::Json));
        }
        reports.iter().for_each(|(source, diagnostics)| self.explain_problems(source, diagnostics));
        Ok(())
    }

    /// Shows the problems of a spec as text, whatever the format of results.
    pub(super) fn explain_problems(&mut self, source: &Source, diagnostics: &[Diagnostic]) {
        let text = render(&[(source, diagnostics)], Format::Text { color: true });
        self.error.write_all(text.as_bytes()).ok();
        if let Some(counted) = summary(diagnostics) {
            self.say(&format!("{}: {counted}", shown(&source.name)));
        }
    }

    fn tell(&mut self, text: &str) {
        // If standard error fails, nobody is left to tell.
        writeln!(self.error, "{}", visible::lines(text)).ok();
    }
}
