//! The values that an attribute accepts, as data. `check::value` checks texts against it.

/// The values that an attribute accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// `true` or `false`.
    Bool,
    /// One of these names. Each has a number, which IIS accepts in its place.
    Enum(&'static [(&'static str, u32)]),
    /// Any of these names, separated by commas. Their numbers are bits.
    Flags(&'static [(&'static str, u32)]),
    /// An integer from 0 to 4294967295.
    Uint(Bounds),
    /// A signed 32-bit integer.
    Int(Bounds),
    /// A signed 64-bit integer.
    Int64(Bounds),
    /// A [`TimeSpan`](crate::TimeSpan); the bounds count seconds.
    TimeSpan(Bounds),
    /// Text.
    Text(TextRule),
}

/// The bounds of a number or a time span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bounds {
    /// Everything that the type itself can hold.
    Any,
    /// A range that includes both ends.
    Within {
        /// The smallest value.
        low: i64,
        /// The largest value.
        high: i64,
        /// What the value must be a multiple of.
        step: i64,
    },
    /// Everything except this range, which includes both ends.
    Outside {
        /// The smallest value that is refused.
        low: i64,
        /// The largest value that is refused.
        high: i64,
    },
}

/// The rule for a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextRule {
    /// Any text.
    Any,
    /// Any text that is not empty.
    NonEmpty,
    /// No white space at either end.
    Trimmed,
    /// See [`names::application_pool`](crate::names::application_pool).
    ApplicationPoolName,
    /// See [`names::SITE_NAME_REFUSED_BY_CONFIGURATION`](crate::names::SITE_NAME_REFUSED_BY_CONFIGURATION).
    SiteName,
    /// Begins with `/`, does not end with one unless it is only `/`, and has no segment that is empty, `.` or `..`.
    ApplicationPath,
    /// The same rule, on a virtual directory's path.
    VirtualDirectoryPath,
}
