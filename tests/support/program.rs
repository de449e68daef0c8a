//! Runs of the program, and their output.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::Value;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_kallithea-iisc");

pub fn run(arguments: &[&str]) -> Output {
    run_in(Path::new("."), arguments)
}

/// Runs it in a folder, without a terminal and without the tester's color settings.
pub fn run_in(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).current_dir(folder).env_remove("NO_COLOR").stdin(Stdio::null());
    command.output().expect("the program starts")
}

pub fn code(output: &Output) -> i32 {
    output.status.code().expect("an exit code")
}

pub fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

pub fn error(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// The output of both streams.
pub fn said(output: &Output) -> String {
    out(output) + &error(output)
}

/// The schema of what `--format json` prints, as users get it.
static ANSWERS: LazyLock<Validator> = LazyLock::new(|| {
    let schema = run(&["schema", "json-output"]).stdout;
    let mut schema: Value = serde_json::from_slice(&schema).expect("the schema is JSON");
    // A reader may find keys that it does not know; a test may not.
    for definition in schema["$defs"].as_object_mut().expect("definitions").values_mut() {
        definition["unevaluatedProperties"] = false.into();
    }
    jsonschema::meta::validate(&schema).expect("a schema by its own draft");
    jsonschema::validator_for(&schema).expect("a schema")
});

/// The document that `--format json` prints. It must have the form of the schema.
pub fn answer(output: &Output) -> Value {
    answer_of(&output.stdout)
}

/// The same of a text that was printed.
pub fn answer_of(text: &[u8]) -> Value {
    let answer: Value =
        serde_json::from_slice(text).unwrap_or_else(|why| panic!("{why}: {}", String::from_utf8_lossy(text)));
    let errors: Vec<String> = ANSWERS.iter_errors(&answer).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?} in {answer:#}");
    answer
}

/// What a command made, if it answers about one file: the key with its name.
pub fn made(output: &Output, key: &str) -> Value {
    let answer = answer(output);
    let results = answer["results"].as_array().expect("a list");
    assert_eq!(results.len(), 1, "{answer:#}");
    results[0][key].clone()
}

/// All problems of an answer, in their order.
pub fn problems(output: &Output) -> Vec<Value> {
    let answer = answer(output);
    let results = answer["results"].as_array().expect("a list").iter();
    results.flat_map(|result| result["problems"].as_array().expect("a list").clone()).collect()
}

/// The help of a command, or of the program itself; nothing if the command does not exist. `dsc set` is the command `set` of `dsc`.
pub fn help(command: &[&str]) -> Option<String> {
    let mut words: Vec<&str> = command.iter().flat_map(|word| word.split(' ')).collect();
    words.push("--help");
    let output = run(&words);
    output.status.success().then(|| out(&output))
}

/// The commands that the program's own help lists, in its order, with their descriptions; after each the commands that it has itself.
pub fn commands() -> Vec<(String, String)> {
    let help = help(&[]).expect("the program has a help");
    listed(&help).into_iter().flat_map(with_its_own).collect()
}

/// A command, and those that it has itself: `dsc set`.
fn with_its_own((name, about): (String, String)) -> Vec<(String, String)> {
    let help = help(&[&name]).expect("a command that the help lists");
    let own = listed(&help).into_iter().map(|(own, about)| (format!("{name} {own}"), about));
    let own: Vec<_> = own.collect();
    [(name, about)].into_iter().chain(own).collect()
}

/// The commands that a help lists, with their descriptions.
fn listed(help: &str) -> Vec<(String, String)> {
    let Some((_, list)) = help.split_once("Commands:\n") else { return Vec::new() };
    // The line of a command is indented by two, its continuation by more.
    let lines = list.lines().take_while(|line| !line.is_empty());
    let lines = lines.filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with(' ')));
    // `help` is of clap's own.
    let commands = lines.filter_map(|line| line.split_once("  ")).filter(|(name, _)| *name != "help");
    commands.map(|(name, about)| (name.to_owned(), about.trim().to_owned())).collect()
}
