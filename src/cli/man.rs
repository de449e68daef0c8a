//! `man`: prints the manual page of the program, or writes those of all commands.

use std::path::PathBuf;

use clap::{Args, Command, CommandFactory};
use clap_mangen::Man;

use super::output::Output;
use super::{Arguments, Outcome, Trouble};
use crate::files;

/// The arguments of `man`.
#[derive(Args)]
pub(super) struct ManArguments {
    /// Write a page for the program and one for each command to this folder, and replace older ones [default: the page of the
    /// program, on standard output]
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(super) fn run(arguments: &ManArguments, output: &mut Output) -> Result<Outcome, Trouble> {
    // `help` would bring a page for the help of each command.
    let mut program = Arguments::command().disable_help_subcommand(true);
    program.build();
    match &arguments.out {
        None => output.print(&page(&Man::new(program))?)?,
        Some(folder) => {
            for man in pages(&program) {
                files::renew(&folder.join(man.get_filename()), &page(&man)?, is_page)?;
            }
        }
    }
    Ok(Outcome::Fine)
}

/// A page for a command, and one for each command that it has itself.
fn pages(command: &Command) -> Vec<Man> {
    let own = Man::new(command.clone());
    [own].into_iter().chain(command.get_subcommands().flat_map(pages)).collect()
}

fn page(man: &Man) -> Result<String, Trouble> {
    let mut page = Vec::new();
    man.render(&mut page)?;
    Ok(String::from_utf8(page)?)
}

/// Whether a file is a page of this program, of this version or another.
fn is_page(bytes: &[u8]) -> bool {
    String::from_utf8_lossy(bytes).lines().any(|line| line.starts_with(".TH kallithea-iisc"))
}
