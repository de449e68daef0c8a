//! Which names IIS accepts for application pools, sites and paths.
//!
//! Names are refused in two places. The configuration system refuses few characters, when it reads the file. IIS
//! Manager and `Microsoft.Web.Administration` refuse more, when a person creates the object. They cannot manage a
//! name later that they would refuse, so the functions here use the longer list.

use std::fmt;

/// The characters that both the configuration system and IIS Manager refuse in the name of an application pool: the
/// validator `applicationPoolName`, the same set as `ApplicationPoolCollection.InvalidApplicationPoolNameCharacters`.
pub const APPLICATION_POOL_NAME_REFUSED: &str = "|<>&\\\"/[]+=;:,?*@";

/// The longest name of an application pool in UTF-16 units. WAS skips a pool with a longer name and writes event
/// 5050; Microsoft's own DSC resource for pools gives the number.
pub const APPLICATION_POOL_NAME_LENGTH: usize = 64;

/// The site that Windows creates together with IIS; its id is 1.
pub const DEFAULT_WEB_SITE: &str = "Default Web Site";

/// What the configuration system itself refuses in the name of a site: the validator `siteName`.
pub const SITE_NAME_REFUSED_BY_CONFIGURATION: &str = "/?";

/// What IIS Manager refuses in the name of a site: `SiteCollection.InvalidSiteNameCharacters`.
pub const SITE_NAME_REFUSED: &str = "\\/?;:@&=+$,|\"<>";

/// What IIS Manager refuses in the path of an application or a virtual directory:
/// `ApplicationCollection.InvalidApplicationPathCharacters` and
/// `VirtualDirectoryCollection.InvalidVirtualDirectoryPathCharacters`, which are the same set.
pub const PATH_REFUSED: &str = "\\?;:@&=+$,|\"<>*";

/// Names that Windows reserves for devices. IIS reserves no name of a pool, but WAS creates a folder with the pool's
/// name for the configuration of its worker processes. No folder can have one of these names.
pub const DEVICE_NAMES: [&str; 22] = [
    "CON", "PRN", "AUX", "NUL", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8", "COM9",
    "LPT1", "LPT2", "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9",
];

/// Whether Windows treats the name of a file or folder as a device, whatever its extension.
pub fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end();
    DEVICE_NAMES.iter().chain(&["CONIN$", "CONOUT$"]).any(|device| device.eq_ignore_ascii_case(stem))
}

/// Why IIS does not accept a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is empty.
    Empty,
    /// It is longer than this, in UTF-16 units.
    TooLong(usize),
    /// It contains this character.
    Character(char),
    /// It begins or ends with white space, or ends with a full stop, which Windows drops from a folder's name.
    Edge,
    /// Windows reserves it for a device.
    Device,
    /// It does not begin with a slash.
    NoLeadingSlash,
    /// It ends with a slash and is longer than that slash.
    TrailingSlash,
    /// It has a segment that is empty, `.` or `..`.
    Segment,
}

/// The reason as text that follows a colon.
impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => formatter.write_str("it is empty"),
            Self::TooLong(most) => write!(formatter, "it is longer than {most} characters"),
            Self::Character(found) => {
                write!(formatter, "IIS does not allow `{}` in it", found.escape_debug())
            }
            Self::Edge => formatter.write_str("it begins or ends with a space, or ends with a dot"),
            Self::Device => formatter.write_str("Windows reserves it for a device"),
            Self::NoLeadingSlash => formatter.write_str("it must begin with `/`"),
            Self::TrailingSlash => formatter.write_str("it must not end with `/`"),
            Self::Segment => formatter.write_str("it has an empty part, or one that is `.` or `..`"),
        }
    }
}

impl std::error::Error for Refusal {}

/// Whether two names, paths or values are the same to IIS, which ignores case.
pub fn is_same(one: &str, other: &str) -> bool {
    one.chars().map(upper).eq(other.chars().map(upper))
}

/// A form of the name that is equal for all names that IIS treats as the same.
pub fn folded(name: &str) -> String {
    name.chars().map(upper).collect()
}

/// Whether a place in IIS (`Site/name/more`) is another one or below it, by whole names and in any case.
pub fn is_at_or_below(place: &str, around: &str) -> bool {
    (folded(place) + "/").starts_with(&(folded(around) + "/"))
}

/// A character in upper case as Windows maps it (page "CompareStringOrdinal"): one for one, and no character outside ASCII
/// becomes an ASCII one.
fn upper(character: char) -> char {
    let mut upper = character.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(upper), None) if upper.is_ascii() == character.is_ascii() => upper,
        _ => character,
    }
}

/// Checks whether IIS accepts this as the name of an application pool.
pub fn application_pool(name: &str) -> Result<(), Refusal> {
    if name.is_empty() {
        return Err(Refusal::Empty);
    }
    without(name, APPLICATION_POOL_NAME_REFUSED)?;
    if name.encode_utf16().count() > APPLICATION_POOL_NAME_LENGTH {
        return Err(Refusal::TooLong(APPLICATION_POOL_NAME_LENGTH));
    }
    if name.trim() != name || name.ends_with('.') {
        return Err(Refusal::Edge);
    }
    if is_device(name) {
        return Err(Refusal::Device);
    }
    Ok(())
}

/// Checks whether IIS accepts this as the name of a site.
pub fn site(name: &str) -> Result<(), Refusal> {
    if name.is_empty() {
        return Err(Refusal::Empty);
    }
    without(name, SITE_NAME_REFUSED)?;
    if name.trim() != name { Err(Refusal::Edge) } else { Ok(()) }
}

/// Checks whether IIS accepts this as the path of an application or a virtual directory.
pub fn virtual_path(path: &str) -> Result<(), Refusal> {
    path_shape(path)?;
    without(path, PATH_REFUSED)
}

/// The rule that the configuration system applies to such a path: the validators `applicationPath` and
/// `virtualDirectoryPath`.
pub(super) fn path_shape(path: &str) -> Result<(), Refusal> {
    let Some(below) = path.strip_prefix('/') else { return Err(Refusal::NoLeadingSlash) };
    if below.is_empty() {
        return Ok(());
    }
    if below.ends_with('/') {
        return Err(Refusal::TrailingSlash);
    }
    match below.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
        true => Err(Refusal::Segment),
        false => Ok(()),
    }
}

/// Refuses the characters of `refused`, and control characters, which XML could not carry either.
pub(super) fn without(name: &str, refused: &str) -> Result<(), Refusal> {
    let is_bad = |character: &char| refused.contains(*character) || character.is_control();
    name.chars().find(is_bad).map_or(Ok(()), |character| Err(Refusal::Character(character)))
}
