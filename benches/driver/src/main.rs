//! `isapi-bench`: what one ISAPI extension does under one kind of load, or what Python does without any.
//!
//! What enters: the command line. What leaves: lines `name value` on standard output. Absent: comparison, which is
//! `cargo xtask bench`'s.

mod load;
mod process;
mod python;

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

/// Measures one ISAPI extension in the project's own host.
#[derive(Parser)]
enum Arguments {
    /// Loads an extension, and sends it the same request again and again
    Serve(load::Plan),
    /// Runs a Python script in the library that a bridge embeds; the system's python may be built otherwise
    Python {
        /// `libpython3.11.so`
        library: PathBuf,
        /// The script and its arguments
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse() {
        Arguments::Serve(plan) => load::run(&plan).map(|report| {
            print!("{report}");
            0
        }),
        Arguments::Python { library, arguments } => python::run(&library, &arguments),
    };
    // A pipe that nobody reads any more leaves nobody to tell.
    let _ = std::io::stdout().flush();
    match outcome {
        // Threads of an extension may be left, which have no say in the exit code.
        Ok(code) => std::process::exit(code),
        Err(why) => {
            eprintln!("isapi-bench: {why}");
            ExitCode::from(2)
        }
    }
}
