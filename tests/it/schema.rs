//! The JSON schema in `schema/`, compared with the spec's types.

use std::fs;
use std::path::Path;

use kallithea_iisc::check::check_bytes;
use kallithea_iisc::diagnostic::{Code, Diagnostic};
use kallithea_iisc::schema::{base_schema_text, schema, schema_text};
use kallithea_iisc::spec::{ADVICE, NOUN, Spec};
use proptest::strategy::{Strategy, ValueTree};
use proptest::string::string_regex;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::support;

#[test]
fn the_schema_that_is_checked_in_is_derived_from_the_types() {
    let path = Path::new("schema/deploy.schema.json");
    assert!(support::matches(path, &schema_text()), "{} is out of date; BLESS=1 rewrites it", path.display());
    let path = Path::new("schema/base.schema.json");
    assert!(
        support::matches(path, &base_schema_text()),
        "{} is out of date; BLESS=1 rewrites it",
        path.display()
    );
}

#[test]
fn the_schema_is_one_and_takes_every_example() {
    let schema = schema();
    jsonschema::meta::validate(&schema).expect("a schema by its own draft");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    for name in support::examples() {
        let text = fs::read_to_string(support::example(&name)).expect("an example");
        let value: Value = serde_yaml::from_str(&text).expect("YAML");
        let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
    }
}

#[test]
fn every_key_is_described_and_every_default_is_one_that_the_schema_takes() {
    fn walk(schema: &Value, path: &str, seen: &mut usize) {
        for (key, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let path = format!("{path}/{key}");
            *seen += 1;
            assert!(property.get("description").is_some(), "{path} is not described");
            if let Some(default) = property.get("default") {
                assert!(
                    jsonschema::is_valid(property, default),
                    "{path}: its default {default} breaks its own rule"
                );
            }
            for example in property.get("examples").and_then(Value::as_array).into_iter().flatten() {
                assert!(
                    jsonschema::is_valid(property, example),
                    "{path}: its example {example} breaks its own rule"
                );
            }
            walk(property, &path, seen);
        }
        if let Some(items) = schema.get("items") {
            walk(items, &format!("{path}[]"), seen);
        }
    }
    let mut seen = 0;
    walk(&schema(), "", &mut seen);
    assert!(seen > 80, "only {seen} keys were looked at");
}

#[test]
fn every_mapping_refuses_keys_that_it_does_not_know() {
    fn walk(schema: &Value, path: &str) {
        if schema.get("properties").is_some() {
            assert_eq!(schema.get("additionalProperties"), Some(&Value::Bool(false)), "{path} takes any key");
        }
        for (key, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            walk(property, &format!("{path}/{key}"));
        }
        if let Some(items) = schema.get("items") {
            walk(items, &format!("{path}[]"));
        }
    }
    walk(&schema(), "");
}

#[test]
fn examples_name_the_schema_for_editors() {
    for name in support::examples() {
        let text = fs::read_to_string(support::example(&name)).expect("an example");
        let first = text.lines().next().unwrap_or_default();
        assert_eq!(first, "# yaml-language-server: $schema=../../schema/deploy.schema.json", "{name}");
    }
}

/// `check` reads only specs that the schema accepts, so no form may be wider than the type behind it.
#[test]
fn whatever_has_the_form_of_its_key_is_a_value_of_its_type() {
    fn walk(schema: &Value, within: &dyn Fn(Value) -> Value, runner: &mut TestRunner, seen: &mut usize) {
        if let Some(pattern) = schema.get("pattern").and_then(Value::as_str) {
            let inner = pattern.trim_start_matches('^').trim_end_matches('$');
            let texts = string_regex(inner).expect("a pattern that can be turned round");
            for _ in 0..64 {
                let text = texts.new_tree(runner).expect("a text").current();
                let spec = within(text.into());
                assert!(serde_json::from_value::<Spec>(spec.clone()).is_ok(), "{spec}");
            }
            *seen += 1;
        }
        for word in schema.get("enum").and_then(Value::as_array).into_iter().flatten() {
            let spec = within(word.clone());
            assert!(serde_json::from_value::<Spec>(spec.clone()).is_ok(), "{spec}");
            *seen += 1;
        }
        for (key, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            walk(property, &|value| within(json!({ key: value })), runner, seen);
        }
        if let Some(items) = schema.get("items") {
            walk(items, &|value| within(json!([value])), runner, seen);
        }
    }
    let (mut runner, mut seen) = (TestRunner::deterministic(), 0);
    walk(&schema(), &|value| value, &mut runner, &mut seen);
    assert!(seen > 50, "only {seen} forms and words were looked at");
}

/// A function that inspects a place: its path, its schema, and a spec with a value there.
type Visit<'a> = dyn FnMut(&str, &Value, &dyn Fn(Value) -> Value) + 'a;

/// Calls `visit` for every key and every list entry of the schema: its path, its schema, and a spec with a value there.
fn each_place(schema: &Value, visit: &mut Visit<'_>) {
    fn walk(path: &str, schema: &Value, within: &dyn Fn(Value) -> Value, visit: &mut Visit<'_>) {
        visit(path, schema, within);
        for (key, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            walk(&format!("{path}/{key}"), property, &|value| within(json!({ key: value })), visit);
        }
        if let Some(items) = schema.get("items") {
            walk(&format!("{path}/0"), items, &|value| within(json!([value])), visit);
        }
    }
    walk("", schema, &|value| value, visit);
}

/// What `check` reports for a spec, by code.
fn said(spec: &Value, code: Code) -> Vec<Diagnostic> {
    let (_, checked) = check_bytes("deploy.yaml", spec.to_string().into_bytes());
    checked.diagnostics.into_iter().filter(|found| found.code == code).collect()
}

#[test]
fn every_form_is_called_something_and_its_advice_keeps_its_own_limits() {
    let (mut forms, mut limits) = (0, 0);
    each_place(&schema(), &mut |path, schema, within| {
        if schema.get("pattern").is_none() {
            return;
        }
        forms += 1;
        let words = |key: &str| schema.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (noun, advice) = (words(NOUN), words(ADVICE));
        assert!(!noun.is_empty() && !advice.is_empty(), "{path} does not say what it wants");
        let found = said(&within("\u{e4}\u{e4}!".into()), Code::BadForm);
        let found = found.first().unwrap_or_else(|| panic!("{path}: nothing is said"));
        assert!(found.message.contains(&format!("is not a valid {noun}")), "{path}: {}", found.message);
        assert_eq!(found.help.as_ref(), Some(&advice), "{path}");
        for example in advice.split("such as ").skip(1) {
            let example = example.split([',', ';', ' ']).next().unwrap_or_default().trim_matches('"');
            assert!(jsonschema::is_valid(schema, &example.into()), "{path}: {example} is none");
        }
        let is_taken = |length: usize| jsonschema::is_valid(schema, &"a".repeat(length).into());
        let most = advice.split("at most ").nth(1);
        let most =
            most.and_then(|most| most.split(|found: char| !found.is_ascii_digit()).next()?.parse().ok());
        if let Some(most) = most {
            assert!(is_taken(most) && !is_taken(most + 1), "{path}: {most} is not the limit");
            limits += 1;
        }
    });
    assert!(forms > 25 && limits > 5, "only {forms} forms and {limits} limits were looked at");
}

#[test]
fn every_limit_that_is_told_is_that_of_the_schema() {
    let mut seen = 0;
    each_place(&schema(), &mut |path, schema, within| {
        let mut expect = |key: &str, value: &dyn Fn(u64) -> Option<Value>| {
            let Some(limit) = schema.get(key).and_then(Value::as_u64) else { return };
            let Some(wrong) = value(limit) else { return };
            let found = said(&within(wrong), Code::OutOfRange);
            let helps: Vec<&str> = found.iter().filter_map(|found| found.help.as_deref()).collect();
            let tells = |help: &&str| help.split(' ').any(|word| word == limit.to_string());
            assert!(helps.iter().any(tells), "{path}, {key} {limit}: {helps:?}");
            seen += 1;
        };
        expect("minimum", &|limit| (i128::from(limit) - 1).try_into().map(|less: i64| less.into()).ok());
        expect("maximum", &|limit| Some((limit + 1).into()));
        expect("minLength", &|limit| Some("a".repeat(usize::try_from(limit).ok()? - 1).into()));
        expect("maxLength", &|limit| Some("A".repeat(usize::try_from(limit).ok()? + 1).into()));
        expect("maxItems", &|limit| Some((0..=limit).map(|number| format!("HTTP/a{number}")).collect()));
        expect("minItems", &|_| Some(json!([])));
    });
    assert!(seen > 60, "only {seen} limits were looked at");
}

/// The rules and `import` name keys by the fields of the spec's types, so a renamed key leaves no stale pointer behind.
#[test]
fn no_rule_writes_the_place_of_a_key_by_hand() {
    let literal = regex::Regex::new("\"/[a-z][A-Za-z]+(/[A-Za-z0-9{}]+)*\"").expect("a pattern");
    let mut names: Vec<String> = schema()["properties"].as_object().expect("keys").keys().cloned().collect();
    names.push("{".to_owned());
    for folder in ["src/check", "src/import"] {
        for (path, bytes) in support::files_below(Path::new(folder)) {
            let text = String::from_utf8(bytes).expect("UTF-8");
            for found in literal.find_iter(&text).map(|found| found.as_str()) {
                let first = found.trim_matches('"').split('/').nth(1).unwrap_or_default();
                assert!(
                    !names.iter().any(|name| name == first),
                    "{folder}/{path}: write pointer!(..) for {found}"
                );
            }
        }
    }
}
