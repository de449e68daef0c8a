//! Versions and time spans in serde documents. In: their text. Out: the value, or what is wrong with the text. Absent: any
//! format of such documents.

use iis_config::{TimeSpan, Version};
use serde::de::value::Error;
use serde::de::{Deserialize, IntoDeserializer};

#[test]
fn versions_and_spans_are_read_from_their_text() {
    let version = |text: &'static str| -> Result<Version, Error> {
        Version::deserialize(IntoDeserializer::<Error>::into_deserializer(text))
    };
    assert_eq!(version("8.5"), Ok(Version::V8_5));
    assert!(version("6.0").is_err_and(|error| error.to_string().contains("7.0, 7.5, 8.0, 8.5")));
    let span: Result<TimeSpan, Error> =
        TimeSpan::deserialize(IntoDeserializer::<Error>::into_deserializer("1.05:00:00"));
    assert_eq!(span, Ok(TimeSpan::from_minutes(29 * 60)));
}
