//! Values that are more than text: what the schema lets through is read here, once, and is a value of its own from then on.
//!
//! The author's text enters; the value leaves, and writes itself as the spec does. Which of them a deployment may have is not
//! known here: rules that judge a value see the author's text in the value tree.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde_with::{DeserializeFromStr, SerializeDisplay};

/// Major and minor version of a Python: 3.11 of `3.11` and of `3.11.9`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, SerializeDisplay, DeserializeFromStr)]
pub struct PythonVersion {
    /// The first number.
    pub major: u8,
    /// The second number.
    pub minor: u8,
}

impl PythonVersion {
    /// A version by its two numbers.
    pub const fn new(major: u8, minor: u8) -> Self {
        Self { major, minor }
    }
}

/// What stands in the place of a version that is missing, which the schema reports: one that no rule has a word about.
impl Default for PythonVersion {
    fn default() -> Self {
        Self::new(3, 11)
    }
}

impl fmt::Display for PythonVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)
    }
}

/// A number too large for any version that there will be is the largest there is.
impl FromStr for PythonVersion {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let mut numbers = text.split('.').map(|digits| digits.parse().unwrap_or(u8::MAX));
        let mut next = || numbers.next().unwrap_or_default();
        Ok(Self::new(next(), next()))
    }
}

/// SHA-1 of a certificate, by which Windows finds it in its stores.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, SerializeDisplay, DeserializeFromStr)]
pub struct Thumbprint([u8; 20]);

impl fmt::Display for Thumbprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02X}"))
    }
}

impl FromStr for Thumbprint {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let refused = "a thumbprint is 40 hexadecimal digits";
        let mut bytes = [0; 20];
        if text.len() != 2 * bytes.len() || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(refused);
        }
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).map_err(|_| refused)?;
        }
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_of_python_is_its_first_two_numbers() {
        let version = |text: &str| text.parse::<PythonVersion>().expect("a version");
        assert_eq!(version("3.11.9"), PythonVersion::new(3, 11));
        assert_eq!(version("3.9"), PythonVersion::new(3, 9));
        assert!(version("3.99999999999") > version("3.12"), "it is newer, however large its number");
        assert_eq!(version("3.10.4").to_string(), "3.10");
    }

    #[test]
    fn a_thumbprint_is_the_same_in_capital_and_in_small_letters() {
        let text = "5d1ac1c4e3a7f0b69e2d8c7a4b3f5e6071829304";
        let thumbprint: Thumbprint = text.parse().expect("a thumbprint");
        assert_eq!(thumbprint.to_string(), text.to_uppercase());
        assert_eq!(Ok(thumbprint), text.to_uppercase().parse());
        for wrong in [
            "",
            &text[1..],
            "+d1ac1c4e3a7f0b69e2d8c7a4b3f5e6071829304",
            "5d1ac1c4e3a7f0b69e2d8c7a4b3f5e60718293é",
        ] {
            assert!(wrong.parse::<Thumbprint>().is_err(), "{wrong}");
        }
    }
}
