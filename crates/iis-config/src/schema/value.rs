//! What an attribute can take, as data. `check::value` holds texts against it.

/// What an attribute takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// `true` or `false`.
    Bool,
    /// One of these names. Each has a number, which IIS takes in its place.
    Enum(&'static [(&'static str, u32)]),
    /// Any of these names, with commas between them. Their numbers are bits.
    Flags(&'static [(&'static str, u32)]),
    /// An integer from 0 to 4294967295.
    Uint(Bounds),
    /// An integer of 32 bits with a sign.
    Int(Bounds),
    /// An integer of 64 bits with a sign.
    Int64(Bounds),
    /// A [`TimeSpan`](crate::TimeSpan); the bounds count seconds.
    TimeSpan(Bounds),
    /// Text.
    Text(TextRule),
}

/// The bounds of a number or a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bounds {
    /// What the type itself can hold.
    Any,
    /// Both ends included.
    Within {
        /// The least.
        low: i64,
        /// The greatest.
        high: i64,
        /// What the value must be a multiple of.
        step: i64,
    },
    /// Everything but this range, both ends included.
    Outside {
        /// The least that is refused.
        low: i64,
        /// The greatest that is refused.
        high: i64,
    },
}

/// What a text must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextRule {
    /// Anything.
    Any,
    /// Anything but nothing.
    NonEmpty,
    /// Without white space around it.
    Trimmed,
    /// See [`names::application_pool`](crate::names::application_pool).
    ApplicationPoolName,
    /// See [`names::SITE_NAME_REFUSED_BY_CONFIGURATION`](crate::names::SITE_NAME_REFUSED_BY_CONFIGURATION).
    SiteName,
    /// Begins with `/`, does not end with one unless it is all, no empty segment, no `.` and no `..`.
    ApplicationPath,
    /// The same rule, on a virtual directory's path.
    VirtualDirectoryPath,
}
