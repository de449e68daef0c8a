//! The JSON schema in `schema/`, held to the spec's types.

use crate::support;
use std::fs;
use std::path::Path;

use kallithea_iisc::schema::{schema, schema_text};
use serde_json::Value;

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
