//! `completions`: prints what lets a shell complete commands and options.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::output::Output;
use super::{Arguments, Outcome, Trouble};

/// The arguments of `completions`.
#[derive(Args)]
pub(super) struct CompletionsArguments {
    /// Choose the shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

pub(super) fn run(arguments: &CompletionsArguments, output: &mut Output) -> Result<Outcome, Trouble> {
    let mut script = Vec::new();
    let mut command = Arguments::command();
    let name = command.get_name().to_owned();
    clap_complete::generate(arguments.shell, &mut command, name, &mut script);
    output.print(&String::from_utf8(script)?)?;
    Ok(Outcome::Fine)
}
