//! One line that moves while cargo works, for a person who watches; one plain line otherwise.

use std::io::{self, Write};

use super::output::Output;
use crate::toolchain::Progress;

/// The line.
pub(super) struct Line {
    watched: bool,
}

impl Line {
    /// Says that the build begins.
    pub(super) fn begin(output: &mut Output) -> Self {
        let watched = output.is_watched();
        if !watched {
            output.say("building the bridge; the first time takes a minute or two");
        }
        Self { watched }
    }

    /// Shows the progress.
    pub(super) fn show(&self, progress: Progress<'_>) {
        if !self.watched {
            return;
        }
        let text = match progress {
            Progress::Begun { .. } => "building the bridge".to_owned(),
            Progress::Compiled { finished, units: Some(units), package } => {
                format!("building the bridge: {finished} of {units}, {package}")
            }
            Progress::Compiled { finished, units: None, package } => {
                format!("building the bridge: {finished}, {package}")
            }
        };
        self.replace(&text);
    }

    /// Removes the line.
    pub(super) fn end(&self) {
        if self.watched {
            self.replace("");
        }
    }

    fn replace(&self, text: &str) {
        // A terminal that refuses writes shows no progress; the build goes on.
        write!(io::stderr(), "\r\x1b[K{text}").and_then(|()| io::stderr().flush()).ok();
    }
}
