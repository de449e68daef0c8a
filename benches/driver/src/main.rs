//! `isapi-bench`: measures one ISAPI extension under one kind of load, or Python without any extension.
//!
//! In: the command line. Out: lines `name value` on standard output. Absent: comparison, which `cargo xtask bench`
//! does.

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
    // If nobody reads the pipe any more, there is nobody to report the error to.
    let _ = std::io::stdout().flush();
    match outcome {
        // Threads of an extension may still be running; they must not affect the exit code.
        Ok(code) => std::process::exit(code),
        Err(why) => {
            eprintln!("isapi-bench: {why}");
            ExitCode::from(2)
        }
    }
}
