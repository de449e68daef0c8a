//! What a run prints, and where: results on standard output, everything about the run on standard error.
//!
//! For a person, results are printed as they come. For a program, they are kept, and the end of the run prints them in the format
//! that was asked for.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::ops::ControlFlow;

use anstream::{AutoStream, ColorChoice};
use kallithea_bridge_isapi::visible;
use serde_json::Value;

use super::answer::{self, Data, Entry};
use super::{ColorArgument, Common, FormatArgument, Trouble, report};
use crate::characters::shown;
use crate::diagnostic::{Colors, Diagnostic, problems, render, summary};
use crate::findings::{Form, render as render_findings};
use crate::source::Source;

/// The two streams, with the user's options for them.
pub(super) struct Output {
    out: AutoStream<io::Stdout>,
    error: AutoStream<io::Stderr>,
    format: FormatArgument,
    quiet: bool,
    verbose: bool,
    /// What there is to say to a program.
    results: Vec<Entry>,
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
            format: common.format,
            quiet: common.quiet,
            verbose: common.verbose,
            results: Vec::new(),
        }
    }

    /// Whether a person reads the results.
    pub(super) fn is_text(&self) -> bool {
        self.format == FormatArgument::Text
    }

    /// Begins the result of a spec or file. What is reported from now on belongs to it.
    pub(super) fn about(&mut self, file: &str) {
        self.results.push(Entry { file: Some(file.to_owned()), ..Entry::default() });
    }

    /// Begins a result that is about no file.
    pub(super) fn about_nothing(&mut self) {
        self.results.push(Entry::default());
    }

    /// The result that was begun last.
    fn current(&mut self) -> &mut Entry {
        if self.results.is_empty() {
            self.results.push(Entry::default());
        }
        self.results.last_mut().expect("there is one")
    }

    /// Keeps what was made, for a program.
    pub(super) fn result(&mut self, data: Data) {
        self.current().data = Some(data);
    }

    /// Prints what a program wants, at the end of a run.
    pub(super) fn finish(&mut self, command: &str, exit_code: u8) -> Result<(), Trouble> {
        match self.format {
            FormatArgument::Text => Ok(()),
            FormatArgument::Json => self.print(&answer::json(command, exit_code, &self.results)),
            FormatArgument::Sarif => self.report(Form::Sarif, exit_code),
            FormatArgument::Github => self.report(Form::Github, exit_code),
            FormatArgument::Gitlab => self.report(Form::Gitlab, exit_code),
            FormatArgument::Azure => self.report(Form::Azure, exit_code),
        }
    }

    fn report(&mut self, form: Form, exit_code: u8) -> Result<(), Trouble> {
        let findings = report::findings(&self.results, &env::current_dir()?);
        self.print(&render_findings(&findings, form, exit_code))
    }

    /// Prints a result.
    pub(super) fn print(&mut self, text: &str) -> Result<(), Trouble> {
        self.print_more(text).map(drop)
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

    /// Reports what prevented the run, or a part of it, quiet or not.
    pub(super) fn trouble(&mut self, trouble: &str) {
        self.tell(&format!("kallithea-iisc: {trouble}"));
        let told = &mut self.current().trouble;
        *told = Some(match told.take() {
            Some(before) => format!("{before}\n{trouble}"),
            None => trouble.to_owned(),
        });
    }

    /// Reports something to a program that reads standard error line by line.
    pub(super) fn line(&mut self, value: &Value) {
        self.tell(&value.to_string());
    }

    /// Whether a person sees progress as it comes.
    pub(super) fn is_watched(&self) -> bool {
        !self.quiet && !self.verbose && io::stderr().is_terminal()
    }

    /// Reports the problems of a file, with a line that counts them.
    pub(super) fn diagnostics(&mut self, source: &Source, diagnostics: &[Diagnostic]) {
        if self.is_text() {
            let text = render(source, diagnostics, Colors::Styled);
            self.error.write_all(text.as_bytes()).ok();
        } else {
            self.current().problems.extend(problems(source, diagnostics));
        }
        if let Some(counted) = summary(diagnostics) {
            self.say(&format!("{}: {counted}", shown(&source.name)));
        }
    }

    fn tell(&mut self, text: &str) {
        // If standard error fails, nobody is left to tell.
        writeln!(self.error, "{}", visible::lines(text)).ok();
    }
}
