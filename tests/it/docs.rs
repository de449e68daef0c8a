//! The reference pages in `docs/` are derived from the code and compared with it. `BLESS=1` rewrites them.

mod commands;
mod hardening;
mod iis;
mod links;
mod map;
mod pages;
mod reports;
mod rules;
mod specs;

use std::fmt::Write;
use std::path::Path;

use kallithea_iisc::diagnostic::symptoms::Cause;
use kallithea_iisc::diagnostic::{Code, Severity};
use kallithea_iisc::kallithea::SYMPTOMS;
use kallithea_iisc::schema::schema;
use serde_json::Value;

use crate::support;

#[test]
fn the_page_of_diagnostics_lists_every_code() {
    let mut page = String::from(
        "# Diagnostics\n\nEvery problem has one of these codes, and a code never changes its meaning. `kallithea-iisc explain CODE` says what it means \
         and what it prevents, with an example and the same corrected. [From what you see to where it comes \
         from](from-kallithea-page.md#from-what-you-see-to-where-it-comes-from) goes from statuses to codes.\n\n\
         | codes | found in | by | tests |\n|---|---|---|---|\n\
         | KI1xx to KI3xx | a spec | `check`, `build`, `diff` | `tests/it/diagnostics`, a bad spec for each |\n\
         | KI4xx | a deployment in a server's configuration | `plan`, `apply`, `remove` | `tests/it/merge/conflicts.rs` |\n\
         | KI5xx | any configuration file of IIS | `lint` | `tests/it/lint.rs` |\n\
         | KI6xx | Kallithea's ini file | `ini` | `tests/it/ini` |\n\n\
         | code | | what it means |\n|---|---|---|\n",
    );
    for code in Code::ALL {
        let severity = match code.severity() {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        writeln!(page, "| {} | {severity} | {} |", code.id(), code.summary()).expect("writing to memory");
    }
    assert!(
        support::matches(Path::new("docs/diagnostics.md"), &page),
        "docs/diagnostics.md is out of date; BLESS=1 cargo test --test it docs:: rewrites it"
    );
}

/// The text above the table of symptoms is written by hand.
#[test]
fn the_chapter_from_kallitheas_page_ends_with_every_symptom() {
    const TITLE: &str = "## From what you see to where it comes from\n";
    let path = Path::new("docs/from-kallithea-page.md");
    let chapter = std::fs::read_to_string(path).expect("the chapter").replace("\r\n", "\n");
    let (written, _) = chapter.split_once(TITLE).expect("the title of the table");
    let mut page = format!(
        "{written}{TITLE}\n`kallithea-iisc explain 404.8` says the same for one status. It also knows the numbers in the second column, as the\nlog of IIS has them (`explain 500 19 33`) or alone (`explain 33`), the numbers of events (`explain 5059`), and the words in quotation\nmarks, which pages, logs, hg and git print (`explain \"abort: authorization failed\"`).\n\n\
         | you see | number | it comes from | what to do | in the spec | see |\n|---|---|---|---|---|---|\n"
    );
    for symptom in SYMPTOMS.all() {
        for (index, cause) in symptom.causes.iter().enumerate() {
            let seen =
                if index == 0 { format!("**{}**: {}", symptom.name, symptom.what) } else { String::new() };
            writeln!(page, "| {seen} | {} |", row(cause)).expect("writing to memory");
        }
    }
    assert!(
        support::matches(path, &page),
        "docs/from-kallithea-page.md is out of date; BLESS=1 cargo test --test it docs:: rewrites it"
    );
}

fn row(cause: &Cause) -> String {
    let quoted = |words: &[&str]| words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    let mut see: Vec<String> = cause.commands.iter().map(|command| format!("`{command}`")).collect();
    see.extend(cause.codes.iter().map(|code| code.id().to_owned()));
    [cause.number, cause.why, cause.remedy, &quoted(cause.keys), &see.join(", ")]
        .join(" | ")
        .replace('<', "&lt;")
}

#[test]
fn the_page_of_the_spec_lists_every_key() {
    let mut page = String::from(
        "# The deployment spec\n\nEvery key, in the order of the schema. You may leave out keys that are not required. The description says what \
         holds then, if there is no default. The schema for editors is `schema/deploy.schema.json`.\n",
    );
    section(&schema(), "", &mut page);
    assert!(
        support::matches(Path::new("docs/spec.md"), &page),
        "docs/spec.md is out of date; BLESS=1 cargo test --test it docs:: rewrites it"
    );
}

/// The table of one mapping's keys, then the tables of the mappings below it.
fn section(schema: &Value, path: &str, page: &mut String) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
    let title = if path.is_empty() { "The top of the file".to_owned() } else { format!("`{path}`") };
    write!(page, "\n## {title}\n\n| key | value | default | meaning |\n|---|---|---|---|\n")
        .expect("writing to memory");
    let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    for (key, property) in properties {
        let default = match property.get("default") {
            Some(default) if default != "" => format!("`{default}`"),
            _ if required.contains(&Value::from(key.as_str())) => "required".to_owned(),
            _ => String::new(),
        };
        let meaning =
            property["description"].as_str().unwrap_or_default().replace("\n\n", "<br>").replace('|', "\\|");
        writeln!(page, "| `{key}` | {} | {default} | {meaning} |", kind(property))
            .expect("writing to memory");
    }
    for (key, property) in properties {
        let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        section(property, &below, page);
        if let Some(items) = property.get("items") {
            section(items, &format!("{below}[]"), page);
        }
    }
}

fn kind(property: &Value) -> String {
    if let Some(options) = property.get("enum").and_then(Value::as_array) {
        let words: Vec<String> =
            options.iter().filter_map(|word| Some(format!("`{}`", word.as_str()?))).collect();
        return words.join(", ");
    }
    let range = match (property.get("minimum"), property.get("maximum")) {
        (Some(least), Some(most)) => format!(", {least} to {most}"),
        (Some(least), None) => format!(", {least} or more"),
        _ => String::new(),
    };
    let name = match property["type"].as_str().unwrap_or_default() {
        "string" => "text",
        "boolean" => "`true`, `false`",
        "integer" => "number",
        "array" => "list",
        _ => "mapping",
    };
    format!("{name}{range}")
}
