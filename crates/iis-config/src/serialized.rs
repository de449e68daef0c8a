//! [`Version`] and [`TimeSpan`] in documents of serde, as the text that IIS and people write.

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};

use crate::{TimeSpan, Version};

macro_rules! as_text {
    ($($kind:ty),+) => {$(
        impl Serialize for $kind {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $kind {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(Error::custom)
            }
        }
    )+};
}

as_text!(TimeSpan, Version);

#[cfg(test)]
mod tests {
    use serde::de::IntoDeserializer;
    use serde::de::value::Error;

    use super::*;

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
}
