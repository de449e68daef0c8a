//! The versions of IIS, in order, and the Windows releases that contain each.

use std::fmt;
use std::str::FromStr;

/// A version of IIS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde_with::SerializeDisplay, serde_with::DeserializeFromStr))]
pub enum Version {
    /// IIS 7.0, the first with configuration files instead of the metabase.
    V7_0,
    /// IIS 7.5.
    V7_5,
    /// IIS 8.0.
    V8_0,
    /// IIS 8.5.
    V8_5,
    /// IIS 10.0.
    V10_0,
}

impl Version {
    /// Every version, oldest first.
    pub const ALL: [Version; 5] = [Self::V7_0, Self::V7_5, Self::V8_0, Self::V8_5, Self::V10_0];

    /// The version as people write it: `10.0`.
    pub const fn number(self) -> &'static str {
        match self {
            Self::V7_0 => "7.0",
            Self::V7_5 => "7.5",
            Self::V8_0 => "8.0",
            Self::V8_5 => "8.5",
            Self::V10_0 => "10.0",
        }
    }

    /// The Windows releases that contain this version: client first, then server. The last list stays open, because
    /// IIS has kept its version number in all later releases.
    pub const fn windows_releases(self) -> &'static [&'static str] {
        match self {
            Self::V7_0 => &["Windows Vista SP1", "Windows Server 2008"],
            Self::V7_5 => &["Windows 7", "Windows Server 2008 R2"],
            Self::V8_0 => &["Windows 8", "Windows Server 2012"],
            Self::V8_5 => &["Windows 8.1", "Windows Server 2012 R2"],
            Self::V10_0 => &["Windows 10 and later", "Windows Server 2016 and later"],
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.number())
    }
}

impl FromStr for Version {
    type Err = UnknownVersion;

    fn from_str(text: &str) -> Result<Self, UnknownVersion> {
        Self::ALL.into_iter().find(|version| version.number() == text).ok_or(UnknownVersion)
    }
}

/// The text is not a version of IIS that this project knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownVersion;

impl fmt::Display for UnknownVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("use one of the versions of IIS: 7.0, 7.5, 8.0, 8.5 and 10.0")
    }
}

impl std::error::Error for UnknownVersion {}
