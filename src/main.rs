//! The program: arguments in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    kallithea_iisc::cli::main()
}
