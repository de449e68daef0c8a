//! Mistakes in names and values: attributes, elements and sections that IIS does not know, and values that it does not accept.

use iis_config::TimeSpan;
use iis_config::schema::{Bounds, Key, TextRule, Value};

use super::mistakes::Kind;
use super::sample::{Edit, Sample, other_case, write};

pub(super) const KINDS: [Kind; 20] = [
    ("an attribute in the wrong case", "KI509", attribute_in_other_case),
    ("an attribute misspelt", "KI509", |sample| attributes_named(sample, |name| format!("{name}s"))),
    ("an attribute of another element", "KI509", |sample| {
        sample.known().iter().map(|known| write(known.element, "resourcetype", "File")).collect()
    }),
    ("an element in the wrong case", "KI508", |sample| {
        sample
            .inner()
            .iter()
            .map(|known| sample.renamed(known.element, &other_case(known.element.name)))
            .collect()
    }),
    ("an element misspelt", "KI508", |sample| {
        sample
            .inner()
            .iter()
            .map(|known| sample.renamed(known.element, &format!("{}s", known.element.name)))
            .collect()
    }),
    ("a section in the wrong case", "KI503", |sample| {
        sample
            .sections()
            .iter()
            .map(|known| sample.renamed(known.element, &other_case(known.element.name)))
            .collect()
    }),
    ("a section misspelt", "KI503", |sample| {
        sample
            .sections()
            .iter()
            .map(|known| sample.renamed(known.element, &format!("{}s", known.element.name)))
            .collect()
    }),
    ("a group in the wrong case", "KI503", group_in_other_case),
    ("a Boolean that is a number or a word", "KI512", |sample| {
        sample.wrong(|value| matches!(value, Value::Bool).then(|| "yes".to_owned()))
    }),
    ("an unknown word of an enumeration", "KI512", |sample| {
        sample.wrong(|value| matches!(value, Value::Enum(_)).then(|| "Sideways".to_owned()))
    }),
    ("an unknown flag", "KI512", |sample| sample.wrong(unknown_flag)),
    ("a time span in minutes", "KI512", |sample| {
        sample.wrong(|value| matches!(value, Value::TimeSpan(_)).then(|| "20 minutes".to_owned()))
    }),
    ("a time span of 75 minutes", "KI512", |sample| {
        sample.wrong(|value| matches!(value, Value::TimeSpan(_)).then(|| "00:75:00".to_owned()))
    }),
    ("a number with a unit", "KI512", |sample| {
        sample.wrong(|value| is_number(value).then(|| "30MB".to_owned()))
    }),
    ("a number that the type cannot hold", "KI513", |sample| sample.wrong(too_large_for_its_type)),
    ("a value out of the schema's range", "KI513", |sample| sample.wrong(out_of_range)),
    ("an empty text where one is needed", "KI512", |sample| {
        sample.wrong(|value| matches!(value, Value::Text(TextRule::NonEmpty)).then(String::new))
    }),
    ("a required attribute left out", "KI511", required_left_out),
    ("a key twice", "KI514", |sample| {
        sample.entries().iter().map(|known| sample.again(known.element)).collect()
    }),
    ("a key twice, in another case", "KI514", key_in_other_case),
];

fn attribute_in_other_case(sample: &Sample<'_>) -> Vec<Edit> {
    attributes_named(sample, other_case)
}

fn attributes_named(sample: &Sample<'_>, name: impl Fn(&str) -> String) -> Vec<Edit> {
    let known = sample.known();
    let attributes = known.iter().flat_map(|known| {
        known.element.attributes.iter().filter(|one| known.table.attribute(one.name).is_some())
    });
    let edit = |at: usize, own: &str| Edit { at: at..at + own.len(), with: name(own) };
    attributes.map(|one| edit(one.offset, one.name)).collect()
}

fn group_in_other_case(sample: &Sample<'_>) -> Vec<Edit> {
    let groups =
        [("system.webServer", "system.webserver"), ("system.applicationHost", "System.applicationHost")];
    let of = |(own, other): (&str, &str)| {
        sample.named(own).into_iter().map(|group| sample.renamed(group, other)).collect::<Vec<_>>()
    };
    groups.into_iter().flat_map(of).collect()
}

fn is_number(value: Value) -> bool {
    matches!(value, Value::Uint(_) | Value::Int(_) | Value::Int64(_))
}

fn unknown_flag(value: Value) -> Option<String> {
    let Value::Flags(known) = value else { return None };
    Some(format!("{},Sideways", known.first()?.0))
}

fn too_large_for_its_type(value: Value) -> Option<String> {
    match value {
        Value::Uint(_) => Some("4294967296".to_owned()),
        Value::Int(_) => Some("2147483648".to_owned()),
        _ => None,
    }
}

fn out_of_range(value: Value) -> Option<String> {
    let (Value::Uint(bounds) | Value::Int(bounds) | Value::Int64(bounds) | Value::TimeSpan(bounds)) = value
    else {
        return None;
    };
    let outside = match bounds {
        Bounds::Any => return None,
        Bounds::Outside { low, .. } => low,
        Bounds::Within { low, .. } if low > 0 => low - 1,
        Bounds::Within { high, .. } => high + 1,
    };
    match value {
        Value::TimeSpan(_) => Some(TimeSpan::from_seconds(u64::try_from(outside).ok()?).to_string()),
        _ => (outside < i64::from(i32::MAX)).then(|| outside.to_string()),
    }
}

fn required_left_out(sample: &Sample<'_>) -> Vec<Edit> {
    let known = sample.known();
    let required = known.iter().flat_map(|known| {
        known
            .element
            .attributes
            .iter()
            .filter(|one| known.table.attribute(one.name).is_some_and(|it| it.required))
    });
    required.map(|one| Edit { at: one.offset..one.written.end + 1, with: String::new() }).collect()
}

fn key_in_other_case(sample: &Sample<'_>) -> Vec<Edit> {
    let other = |text: &str| match text.chars().any(|letter| letter.is_ascii_lowercase()) {
        true => text.to_ascii_uppercase(),
        false => text.to_ascii_lowercase(),
    };
    let of = |element: &iis_config::markup::Element<'_>, key: &str| {
        let written = element.attribute(key)?.written.clone();
        let own = &sample.text()[written.clone()];
        let changed = other(own);
        let [before, after] = [element.offset..written.start, written.end..element.end];
        let again = format!("{}{changed}{}", &sample.text()[before], &sample.text()[after]);
        (changed != own).then(|| Edit::insert(element.end, again))
    };
    let keys = sample.entries();
    keys.iter()
        .filter_map(|known| {
            let is_key = |one: &&iis_config::schema::Attribute| {
                one.key != Key::No
                    && !one.case_sensitive
                    && matches!(one.value(iis_config::Version::V10_0), Value::Text(_))
            };
            of(known.element, known.table.attributes().find(is_key)?.name)
        })
        .collect()
}
