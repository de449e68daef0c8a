//! The JSON schema in `schema/`, held to the spec's types.

mod support;

use std::fs;
use std::path::Path;

use kallithea_iisc::schema::{schema, schema_text};
use kallithea_iisc::spec::Spec;
use proptest::strategy::{Strategy, ValueTree};
use proptest::string::string_regex;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

#[test]
fn the_schema_that_is_checked_in_is_derived_from_the_types() {
    let path = Path::new("schema/deploy.schema.json");
    assert!(support::matches(path, &schema_text()), "{} is out of date; BLESS=1 rewrites it", path.display());
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

/// `check` reads a spec from what the schema let through, so that no form may be wider than the type behind it.
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
