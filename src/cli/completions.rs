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
    clap_complete::generate(arguments.shell, &mut command, &name, &mut script);
    let script = String::from_utf8(script)?;
    output.print(&if arguments.shell == Shell::Bash { of_one_name(&script, &name) } else { script })?;
    Ok(Outcome::Fine)
}

/// The script for bash with one name for each command in both of its halves. clap_complete 4.6 writes the hyphen of a program's name
/// in two ways, so that options of subcommands are not completed (https://github.com/clap-rs/clap/issues/6421).
fn of_one_name(script: &str, program: &str) -> String {
    script.replace(&program.replace('-', "__subcmd__"), &program.replace('-', "__"))
}
