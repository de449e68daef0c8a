//! `docs/commands.md`: every command with its help, as the program prints it.

use std::fmt::Write;
use std::path::Path;

use crate::support;
use crate::support::program::{commands, help};

#[test]
fn the_page_of_commands_has_every_help() {
    let mut page = String::from(
        "# Commands\n\nThe help of every command, as `kallithea-iisc COMMAND --help` prints it. Every command takes the options of the \
         first block.\n\nExit codes follow `diff`: 0 for success or no difference, 1 for errors in the spec or a difference, 2 for trouble. Where a command \
         has others, its help says so.\n",
    );
    let commands = commands();
    assert!(commands.len() > 14, "{commands:?}");
    write!(page, "\n## kallithea-iisc\n\n{}", block(&[])).expect("writing to memory");
    for (command, _) in &commands {
        write!(page, "\n## {command}\n\n{}", block(&[command])).expect("writing to memory");
    }
    assert!(
        support::matches(Path::new("docs/commands.md"), &page),
        "docs/commands.md is out of date; BLESS=1 cargo test --test it docs:: rewrites it"
    );
}

/// The options that every command has, from the first to the last. The first block shows them.
const COMMON: (&str, &str) = ("      --format <FORMAT>", "  -h, --help");

/// The help of a command as a fenced block, without the options that every command has.
fn block(command: &[&str]) -> String {
    let help = help(command).expect("a command that the help lists");
    let mut lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    let of = |begin: &str| lines.iter().position(|line| line.starts_with(begin));
    if let (false, Some(first), Some(last)) = (command.is_empty(), of(COMMON.0), of(COMMON.1)) {
        let length = lines[last..].iter().take_while(|line| !line.is_empty()).count();
        lines.drain(first..last + length);
    }
    // A list that had only these options leaves empty lines.
    lines.dedup_by(|line, before| line.is_empty() && before.is_empty());
    let text = lines.join("\n").replace("\nOptions:\n\n", "\n");
    format!("```text\n{}\n```\n", text.trim())
}
