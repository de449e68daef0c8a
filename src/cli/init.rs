//! `init`: creates a first deployment spec, from questions or from flags.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use super::answer::{Created, Data, GitFile};
use super::commands::word;
use super::init_arguments::InitArguments;
use super::output::Output;
use super::written::needs;
use super::{Outcome, Trouble, own_host_config};
use crate::files;
use crate::init::{Answers, BACK, GIT_FILES, Machine, Question, added, interview};
use crate::merge::host_config;

pub(super) fn run(arguments: &InitArguments, output: &mut Output) -> Result<Outcome, Trouble> {
    let name = arguments.out.display().to_string();
    output.about(&name);
    // Nobody should answer questions for a file that then cannot be written.
    let folder = arguments.out.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists());
    if folder.is_none() {
        files::check_new(&arguments.out)?;
    }
    let mut machine = machine(arguments.host_config.as_deref())?;
    machine.is_in_git = is_in_git(&arguments.out)?;
    let mut answers = Answers::new(machine);
    take_flags(arguments, &mut answers, output)?;
    if !arguments.yes {
        ask(&mut answers)?;
    }
    let missing = missing(&answers);
    if !missing.is_empty() {
        return Err(format!("only you know these answers: give {}", missing.join(", ")).into());
    }
    let written = answers.write();
    if let Some(folder) = folder {
        files::create_folder(folder)?;
        output.say(&format!("{}: created", folder.display()));
    }
    files::create(&arguments.out, &written.yaml)?;
    let (git, is_told) =
        if answers.wants_git_files() { git_files(&arguments.out, output) } else { (Vec::new(), true) };
    output.say(&needs(&name, &written.open, ""));
    if let Some(name) = word(&arguments.out) {
        let first = if written.is_complete { "" } else { "fill these in, then " };
        output.say(&format!("next: {first}kallithea-iisc check {name}, then kallithea-iisc build {name}"));
    }
    output.result(Data::Init(Created { open: written.open, git }));
    Ok(match (is_told, written.is_complete) {
        (false, _) => Outcome::Trouble,
        (true, true) => Outcome::Fine,
        (true, false) => Outcome::Found,
    })
}

/// Whether a path is below a folder that is a work tree of git.
fn is_in_git(path: &Path) -> Result<bool, Trouble> {
    let whole = std::path::absolute(path)?;
    Ok(whole.ancestors().skip(1).any(|folder| folder.join(".git").exists()))
}

/// Adds to the files of git beside the spec what they lack, and says which lines. Returns whether each has its lines: one that cannot be
/// changed is told with them, and takes nothing from the spec, which is there.
fn git_files(spec: &Path, output: &mut Output) -> (Vec<GitFile>, bool) {
    let (mut changed, mut is_told) = (Vec::new(), true);
    for (name, lines) in GIT_FILES {
        let path = spec.with_file_name(name);
        match git_file(&path, lines) {
            Ok(added) if added.is_empty() => {}
            Ok(added) => {
                let file = path.display().to_string();
                added.iter().for_each(|line| output.say(&format!("{file}: added `{line}`")));
                changed.push(GitFile { file, added: added.into_iter().map(str::to_owned).collect() });
            }
            Err(error) => {
                is_told = false;
                let lines = lines.join("`, `");
                let path = path.display();
                output
                    .trouble(&format!("{error}\n  the spec is there; write `{lines}` into {path} yourself"));
            }
        }
    }
    (changed, is_told)
}

/// Adds to one file of git the lines that it lacks, and returns these.
fn git_file<'l>(path: &Path, lines: &[&'l str]) -> io::Result<Vec<&'l str>> {
    let there = if path.exists() { files::read_text(path)? } else { String::new() };
    let mut left = lines.to_vec();
    left.retain(|line| !is_said_above(path, line));
    let (text, added) = added(&there, &left);
    if !added.is_empty() {
        // Somebody does not want it to change.
        if path.metadata().is_ok_and(|file| file.permissions().readonly()) {
            let why = format!("{}: this is read-only; nothing was written", path.display());
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
        }
        files::renew(path, &text, |bytes| bytes == there.as_bytes())?;
    }
    Ok(added)
}

/// Whether a file of git of this name says a line for every folder: the one at the path, or one above it in the repository.
fn is_said_above(path: &Path, line: &str) -> bool {
    let for_all = format!("**/{line}");
    let Ok(whole) = std::path::absolute(path) else { return false };
    let name = whole.file_name().unwrap_or_default();
    for folder in whole.ancestors().skip(1) {
        let text = files::read_text(&folder.join(name)).unwrap_or_default();
        if text.lines().any(|there| there.trim() == for_all) {
            return true;
        }
        if folder.join(".git").exists() {
            break;
        }
    }
    false
}

/// What this machine reports about itself. A configuration that the user did not name is read if possible.
fn machine(named: Option<&Path>) -> Result<Machine, Trouble> {
    let drive = if cfg!(windows) { env::var("SystemDrive").ok() } else { None };
    if let Some(path) = named {
        let file = host_config::open(path)?;
        let refused = |flaw: iis_config::markup::Flaw| format!("{}: {}", path.display(), flaw.detail);
        return Ok(Machine::new(drive.as_deref(), Some(&file.text)).map_err(refused)?);
    }
    let text = own_host_config().and_then(|path| host_config::open(&path).ok()).map(|file| file.text);
    let known =
        Machine::new(drive.as_deref(), text.as_deref()).or_else(|_| Machine::new(drive.as_deref(), None));
    Ok(known.unwrap_or_else(|_| Machine::unknown()))
}

/// The flags that were given, each checked against the rules.
fn take_flags(arguments: &InitArguments, answers: &mut Answers, output: &mut Output) -> Result<(), Trouble> {
    let mut refused = Vec::new();
    for (question, text) in arguments.answers.given() {
        match answers.take(question, text) {
            Ok(warnings) => warnings.iter().for_each(|warning| output.say(warning)),
            Err(refusal) => refused.push(format!("{}: {refusal}", question.flag())),
        }
    }
    // A refused answer may be what makes room for another one.
    let is_whole = refused.is_empty();
    for (question, _) in arguments.answers.given() {
        if is_whole && !answers.has_room_for(question) {
            refused.push(format!("{}: the other answers rule this one out; leave it out", question.flag()));
        }
    }
    if refused.is_empty() { Ok(()) } else { Err(refused.join("\n").into()) }
}

/// Asks the user for the rest. If nobody can be asked, names the flags that give the answers.
fn ask(answers: &mut Answers) -> Result<(), Trouble> {
    let left = answers.left();
    if left.is_empty() {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        let flags: Vec<&str> = left.iter().map(|question| question.flag()).collect();
        let flags = flags.join(", ");
        return Err(format!("there is no terminal to ask on: give {flags}, or --yes for the defaults").into());
    }
    let mut prompts = io::stderr();
    writeln!(
        prompts,
        "Press Enter to accept the default in brackets. Type {BACK} to go back to the question before."
    )?;
    interview(answers, &mut io::stdin().lock(), &mut prompts)?;
    Ok(())
}

/// The flags of unanswered questions that have no default.
fn missing(answers: &Answers) -> Vec<&'static str> {
    let left = answers.left().into_iter();
    left.filter(|question| answers.usual(*question).is_none()).map(Question::flag).collect()
}
