//! Values that are more than text: what the schema lets through is read here, once, and is a value of its own from then on.
//!
//! The author's text enters; the value leaves, and writes itself as the spec does. Which of them a deployment may have is not
//! known here: rules that judge a value see the author's text in the value tree.

use std::convert::Infallible;
use std::fmt;
use std::net::IpAddr;
use std::ops::Deref;
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
        Self::new(3, 13)
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

impl Thumbprint {
    /// The text without what programs put between its digits: spaces, colons, dashes, invisible characters.
    fn digits(text: &str) -> String {
        // OpenSSL writes `SHA1 Fingerprint=` before them.
        let text = text.rsplit(['=']).next().unwrap_or(text).trim();
        let text = text.strip_prefix("sha1:").unwrap_or(text);
        let is_between = |letter: char| {
            letter.is_whitespace()
                || matches!(letter, ':' | '-')
                || !letter.is_ascii() && !letter.is_alphanumeric()
        };
        text.chars().filter(|letter| !is_between(*letter)).collect()
    }

    /// The thumbprint that a text has in another spelling.
    pub(crate) fn cleaned(text: &str) -> Option<String> {
        Some(Self::digits(text)).filter(|digits| digits.parse::<Self>().is_ok())
    }

    /// What is wrong with a text that is none.
    pub(crate) fn fault(text: &str) -> Option<String> {
        let digits = Self::digits(text);
        if let Some(wrong) = digits.chars().find(|digit| !digit.is_ascii_hexdigit()) {
            return Some(format!("`{wrong}` is no hexadecimal digit"));
        }
        match digits.len() {
            40 => text.chars().find(|letter| !letter.is_ascii_hexdigit()).map(|found| match found {
                ' ' => "it contains spaces".to_owned(),
                '!'..='~' => format!("it contains `{found}`"),
                _ => format!("it contains U+{:04X}", u32::from(found)),
            }),
            64 => Some(
                "this is SHA-256, and Windows finds certificates by SHA-1, which has 40 digits".to_owned(),
            ),
            count => Some(format!("it has {count} digits, and SHA-1 has 40")),
        }
    }
}

/// The address that a binding listens on, as it is written: `*` for all, which is the default, or one.
#[derive(Debug, Clone, PartialEq, Eq, SerializeDisplay, DeserializeFromStr)]
pub struct ListeningAddress {
    written: String,
    /// What it is, where it is one address.
    address: Option<IpAddr>,
}

impl ListeningAddress {
    /// Whether it is every address of the machine.
    pub(crate) fn is_every(&self) -> bool {
        self.written == "*"
    }

    /// Whether it is one address, and not only looks like one.
    pub(crate) fn is_one(&self) -> bool {
        self.address.is_some()
    }

    /// Whether nobody but the machine itself can connect to it: a proxy that ends TLS, for example.
    pub(crate) fn is_loopback(&self) -> bool {
        self.address.is_some_and(|address| address.is_loopback())
    }
}

impl Default for ListeningAddress {
    fn default() -> Self {
        Self { written: "*".to_owned(), address: None }
    }
}

impl Deref for ListeningAddress {
    type Target = str;

    fn deref(&self) -> &str {
        &self.written
    }
}

impl fmt::Display for ListeningAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self)
    }
}

/// What only looks like an address is kept as it is written, for a rule to say so.
impl FromStr for ListeningAddress {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let six = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let address = match six {
            Some(six) => six.parse().ok().map(IpAddr::V6),
            None => text.parse().ok().map(IpAddr::V4),
        };
        Ok(Self { written: text.to_owned(), address })
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

    #[test]
    fn an_address_is_every_one_or_one_and_keeps_how_it_is_written() {
        let address = |text: &str| text.parse::<ListeningAddress>().unwrap_or_default();
        assert!(address("*").is_every() && !address("*").is_one());
        assert!(address("192.0.2.1").is_one() && !address("192.0.2.1").is_loopback());
        assert!(address("127.0.0.1").is_loopback() && address("[::1]").is_loopback());
        for wrong in ["192.0.2.256", "[192.0.2.1]", "::1", ""] {
            assert!(!address(wrong).is_one() && !address(wrong).is_every(), "{wrong}");
        }
        assert_eq!(address("[2001:DB8::1]").to_string(), "[2001:DB8::1]");
    }
}
