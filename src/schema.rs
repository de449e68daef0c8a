//! The JSON schema of the spec, derived from [`Spec`](crate::spec::Spec).
//!
//! It is written for editors as well as for [`check`](crate::check): no references, enumerations as `enum`,
//! and a default only if leaving out the key means that value.

use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use crate::spec::Spec;

/// The schema as a JSON value (draft 7, which every YAML editor knows).
pub fn schema() -> Value {
    of::<Spec>()
}

/// The schema of a type (draft 7), with every definition in its place.
pub(crate) fn of<T: JsonSchema>() -> Value {
    let mut settings = SchemaSettings::draft07();
    settings.inline_subschemas = true;
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    RecursiveTransform(simplify).transform(&mut schema);
    schema.to_value()
}

/// The same schema, created once.
pub static SCHEMA: LazyLock<Value> = LazyLock::new(schema);

/// The schema for editors, as in `schema/deploy.schema.json`: a spec that extends another one may leave out what the other has.
pub fn schema_text() -> String {
    let mut published = SCHEMA.clone();
    let required = take_required(&mut published);
    published["if"] = json!({ "not": { "required": ["extends"] } });
    published["then"] = required;
    text(&published)
}

/// The schema of the files that specs extend, as in `schema/base.schema.json`: no key is required.
pub fn base_schema_text() -> String {
    let mut published = SCHEMA.clone();
    take_required(&mut published);
    published["title"] = "kallithea-iisc base of deployments".into();
    text(&published)
}

fn text(schema: &Value) -> String {
    format!("{}\n", serde_json::to_string_pretty(schema).expect("a schema is always JSON"))
}

/// Takes out which keys mappings require, and returns a schema that says only this. The entries of a list keep it: a list of
/// one file replaces that of another as a whole.
fn take_required(schema: &mut Value) -> Value {
    let mut taken = Map::new();
    let Some(object) = schema.as_object_mut() else { return taken.into() };
    if let Some(required) = object.remove("required") {
        taken.insert("required".to_owned(), required);
    }
    let properties = object.get_mut("properties").and_then(Value::as_object_mut);
    let below: Map<String, Value> = properties
        .into_iter()
        .flatten()
        .map(|(key, property)| (key.clone(), take_required(property)))
        .filter(|(_, taken)| *taken != json!({}))
        .collect();
    if !below.is_empty() {
        taken.insert("properties".to_owned(), below.into());
    }
    taken.into()
}

/// The schema of the value at a JSON pointer's steps, if the spec has such a place.
pub fn at<'a>(schema: &'a Value, steps: &[&str]) -> Option<&'a Value> {
    steps.iter().try_fold(schema, |schema, step| {
        let property = schema.get("properties").and_then(|properties| properties.get(step));
        let further = property.or_else(|| schema.get("items")).or_else(|| schema.get("additionalProperties"));
        // `additionalProperties: false` says that there are no others.
        further.filter(|found| !found.is_boolean())
    })
}

fn simplify(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    bound(object);
    drop_null(object);
    fold_enumeration(object);
    if let Some(Value::String(text)) = object.get_mut("description") {
        *text = unwrap_lines(text);
    }
    drop_misleading_defaults(object);
}

/// A number has the bounds of its type, unless its key has narrower ones: the type must be able to store what the schema
/// accepts.
fn bound(object: &mut Map<String, Value>) {
    let most = match object.get("format").and_then(Value::as_str) {
        Some("uint8") => u64::from(u8::MAX),
        Some("uint16") => u64::from(u16::MAX),
        Some("uint32") => u64::from(u32::MAX),
        // The numbers that floating point, and therefore every JSON reader, represents exactly.
        Some("uint64") => (1 << 53) - 1,
        _ => return,
    };
    object.remove("format");
    object.entry("minimum").or_insert_with(|| 0.into());
    object.entry("maximum").or_insert_with(|| most.into());
}

/// A key may be left out, but must not be null.
fn drop_null(object: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    let Some(Value::Array(choices)) = object.get_mut("anyOf") else { return };
    choices.retain(|choice| choice.get("type").is_none_or(|kind| kind != "null"));
    if let [Value::Object(only)] = choices.as_slice() {
        let only = only.clone();
        object.remove("anyOf");
        for (key, value) in only {
            object.entry(key).or_insert(value);
        }
    }
}

/// A choice between constants becomes an `enum`, and the meaning of each constant moves into the description.
fn fold_enumeration(object: &mut Map<String, Value>) {
    let Some(Value::Array(choices)) = object.get("oneOf") else { return };
    let constants: Option<Vec<Value>> = choices.iter().map(|choice| choice.get("const").cloned()).collect();
    let Some(constants) = constants else { return };
    let meanings: Vec<String> = choices
        .iter()
        .filter_map(|choice| {
            let meaning = unwrap_lines(choice.get("description")?.as_str()?);
            Some(format!("`{}`: {meaning}", choice.get("const")?.as_str()?))
        })
        .collect();
    object.remove("oneOf");
    object.insert("type".to_owned(), "string".into());
    object.insert("enum".to_owned(), constants.into());
    if let (false, Some(Value::String(text))) = (meanings.is_empty(), object.get_mut("description")) {
        *text = format!("{text}\n\n{}", meanings.join("\n\n"));
    }
}

fn drop_misleading_defaults(object: &mut Map<String, Value>) {
    let required: Vec<String> = object
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect())
        .unwrap_or_default();
    let Some(Value::Object(properties)) = object.get_mut("properties") else { return };
    for (name, property) in properties {
        let Some(property) = property.as_object_mut() else { continue };
        let is_object = property.get("type").is_some_and(|kind| kind == "object");
        let default = property.get("default");
        if is_object || required.contains(name) || default == Some(&Value::Null) {
            property.remove("default");
        }
    }
}

/// Joins the lines of a doc comment's paragraph; paragraphs stay separate.
fn unwrap_lines(text: &str) -> String {
    text.split("\n\n").map(|paragraph| paragraph.replace('\n', " ")).collect::<Vec<_>>().join("\n\n")
}

/// Every key of the schema with the path of the mapping that contains it, for suggestions.
pub fn keys(schema: &Value) -> Vec<(String, String)> {
    fn walk(schema: &Value, path: &str, found: &mut Vec<(String, String)>) {
        for (key, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            found.push((path.to_owned(), key.clone()));
            let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            walk(property, &below, found);
        }
        if let Some(items) = schema.get("items") {
            walk(items, &format!("{path}[]"), found);
        }
    }
    let mut found = Vec::new();
    walk(schema, "", &mut found);
    found
}
