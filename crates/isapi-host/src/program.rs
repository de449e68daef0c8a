//! The program `isapi-host`: loads an ISAPI extension and sends it the requests of a script.
//!
//! In: a library's path as the argument, a script on standard input. Out: a report, on standard output or in a file, and an
//! exit code. Absent: everything else; [`Host`] does the work.

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use crate::protocol::{HELP, Report, Script, StandardHandles};
use crate::{Host, LoadError, PlayError, ScriptError, play, spoil_standard_handles};

/// The exit code if the extension did something that IIS would not have forgiven.
const VIOLATIONS: u8 = 1;
/// The exit code if the library, its start or the script is unusable.
const TROUBLE: u8 = 2;

/// Where the report goes.
enum Output {
    Standard,
    File(File),
}

/// Why there is no report.
#[derive(Debug)]
enum Trouble {
    /// Standard input could not be read.
    Input(io::Error),
    /// The script is not valid.
    Script(ScriptError),
    /// The script spoils standard output, where the report would go.
    NoPlace,
    /// The library could not be loaded.
    Load(LoadError),
    /// The script was not played to its end.
    Play(PlayError),
    /// The report is not JSON.
    Json(serde_json::Error),
    /// The report could not be written.
    Output(io::Error),
}

/// Runs the program and returns its exit code: 1 if the extension did something that IIS would not have forgiven, 2 if the
/// library, its start or the script is unusable.
pub fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    match arguments.as_slice() {
        [only] if only == "--help" || only == "-h" => {
            print!("{HELP}");
            ExitCode::SUCCESS
        }
        [library] => run(library, None),
        [option, report, library] if option == "--report" => run(library, Some(report)),
        [library, option, report] if option == "--report" => run(library, Some(report)),
        _ => {
            eprint!("{HELP}");
            ExitCode::from(TROUBLE)
        }
    }
}

fn run(library: &OsString, report: Option<&OsString>) -> ExitCode {
    let mut output = match report.map(|path| (path, File::create(path))) {
        None => Output::Standard,
        Some((_, Ok(file))) => Output::File(file),
        Some((path, Err(error))) => {
            eprintln!("isapi-host: {}: {error}", PathBuf::from(path).display());
            return ExitCode::from(TROUBLE);
        }
    };
    match play_script(Path::new(library), &output) {
        Ok(report) => print(&report, &mut output),
        Err(why) => output.complain(&why),
    }
}

fn play_script(library: &Path, output: &Output) -> Result<Report, Trouble> {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).map_err(Trouble::Input)?;
    let script = Script::read(&text)?;
    let abilities = script.abilities()?;
    if script.standard_handles != StandardHandles::Valid {
        if matches!(output, Output::Standard) {
            return Err(Trouble::NoPlace);
        }
        // SAFETY: the script has been read, the report has its file, and no other thread runs yet.
        unsafe { spoil_standard_handles(script.standard_handles) };
    }
    let patience = Duration::from_secs(script.timeout_seconds);
    let host = Host::load(library)?;
    Ok(play(&host.patience(patience).abilities(abilities), &script)?)
}

fn print(report: &Report, output: &mut Output) -> ExitCode {
    let text = match serde_json::to_string_pretty(report) {
        Ok(text) => text,
        Err(error) => return output.complain(&Trouble::Json(error)),
    };
    if let Err(error) = output.write(&text) {
        return output.complain(&Trouble::Output(error));
    }
    if report.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(VIOLATIONS) }
}

impl Output {
    fn write(&mut self, text: &str) -> io::Result<()> {
        match self {
            Self::Standard => writeln!(io::stdout(), "{text}"),
            Self::File(file) => writeln!(file, "{text}"),
        }
    }

    /// Says why there is no report, in a place where the user can read it.
    fn complain(&mut self, why: &Trouble) -> ExitCode {
        let sentence = format!("isapi-host: {why}");
        let _ = match self {
            Self::Standard => writeln!(io::stderr(), "{sentence}"),
            Self::File(file) => writeln!(file, "{sentence}"),
        };
        ExitCode::from(TROUBLE)
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(error) => write!(formatter, "standard input: {error}"),
            Self::Script(error) => error.fmt(formatter),
            Self::NoPlace => {
                formatter.write_str("without standard handles the report needs a file: --report FILE")
            }
            Self::Load(error) => error.fmt(formatter),
            Self::Play(error) => error.fmt(formatter),
            Self::Json(error) => error.fmt(formatter),
            Self::Output(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for Trouble {}

impl From<ScriptError> for Trouble {
    fn from(error: ScriptError) -> Self {
        Self::Script(error)
    }
}

impl From<LoadError> for Trouble {
    fn from(error: LoadError) -> Self {
        Self::Load(error)
    }
}

impl From<PlayError> for Trouble {
    fn from(error: PlayError) -> Self {
        Self::Play(error)
    }
}
