//! Paths of folders and files on the server, as an author writes them.
//!
//! In: a text. Out: an absolute path of Windows, or what is wrong with the text and what to write. Absent: the disk, and which
//! paths a deployment may have, which the rules say.

use std::fmt;
use std::str::FromStr;

use iis_config::names::is_device;
use iis_config::paths;

use super::texts::texts;

/// A variable that IIS expands in the paths of its own configuration.
const SYSTEM_DRIVE: &str = "%SystemDrive%";

texts! {
    /// An absolute path on a drive or a share, without the backslash that some people end a folder with. It may begin with
    /// `%SystemDrive%`, which not every key takes. The empty one, the default, stands for a path that is missing, which the
    /// schema reports: it lies nowhere, and nothing lies in it.
    pub struct WindowsPath;
}

/// What the usual variables of Windows stand for on most servers.
const VARIABLES: [(&str, &str); 6] = [
    (SYSTEM_DRIVE, "C:"),
    ("%HomeDrive%", "C:"),
    ("%SystemRoot%", r"C:\Windows"),
    ("%windir%", r"C:\Windows"),
    ("%ProgramFiles%", r"C:\Program Files"),
    ("%ProgramData%", r"C:\ProgramData"),
];

impl WindowsPath {
    /// A text with the variable at its beginning replaced by what it stands for on most servers.
    pub(crate) fn without_variable(text: &str) -> Option<String> {
        VARIABLES.iter().find_map(|(name, value)| {
            let is_it = text.get(..name.len())?.eq_ignore_ascii_case(name);
            is_it.then(|| format!("{value}{}", &text[name.len()..]))
        })
    }

    /// The path that a text has in another spelling: with slashes, doubled backslashes, a variable, quotes or spaces around it.
    pub(crate) fn mended(text: &str) -> Option<String> {
        let text = text.trim_matches(|letter: char| letter.is_whitespace() || matches!(letter, '"' | '\''));
        let text = text.strip_prefix("file:///").unwrap_or(text);
        let text = Self::without_variable(text).unwrap_or_else(|| text.to_owned()).replace('/', "\\");
        let is_share = text.starts_with(r"\\");
        let parts: Vec<&str> = text.split('\\').map(str::trim).filter(|part| !part.is_empty()).collect();
        let path = format!("{}{}", if is_share { r"\\" } else { "" }, parts.join("\\"));
        path.parse::<Self>().ok().map(|_| path)
    }

    /// The path of something in this folder.
    pub fn below(&self, rest: &str) -> Self {
        if self.0.is_empty() {
            return Self::default();
        }
        Self(format!("{}\\{rest}", self.0.trim_end_matches('\\')))
    }

    /// The folder that it lies in; of a drive's root and of a share, itself.
    pub fn folder(&self) -> Self {
        match self.0.rsplit_once('\\') {
            // Of a drive, `C:` is the current folder.
            Some((folder, name)) if folder.ends_with(':') => {
                Self(self.0[..self.0.len() - name.len()].to_owned())
            }
            Some((folder, _)) => Self(folder.to_owned()),
            None => self.clone(),
        }
    }

    /// Whether it is a folder, or lies in it, whatever the spelling of either.
    pub(crate) fn is_within(&self, folder: &Self) -> bool {
        paths::is_within(&self.0, &folder.0)
    }

    /// Whether both are one file or folder, whatever their spelling.
    pub fn is_same(&self, other: &Self) -> bool {
        paths::same(&self.0, &other.0)
    }

    /// Whether it is on a share.
    pub(crate) fn is_on_a_share(&self) -> bool {
        self.0.starts_with(r"\\")
    }

    /// Whether it is on a Cluster Shared Volume, the one path below a drive letter that means the same folder on several
    /// machines (Microsoft, "Use Cluster Shared Volumes in a failover cluster").
    pub(crate) fn is_on_a_cluster(&self) -> bool {
        self.0.to_lowercase().get(1..).is_some_and(|rest| rest.starts_with(r":\clusterstorage\"))
    }

    /// Whether it is in the profile of a user or among the apps of the Microsoft Store, so that other accounts cannot use it.
    /// (`Users` is the folder of profiles since Windows Vista; packages of the Store are in `WindowsApps`.)
    pub(crate) fn is_of_one_user(&self) -> bool {
        let path = format!("{}\\", self.0.to_lowercase());
        path.get(1..).is_some_and(|rest| rest.starts_with(":\\users\\")) || path.contains("\\windowsapps\\")
    }

    /// Whether it is a file in a drive's root.
    pub(crate) fn is_in_root(&self) -> bool {
        self.0.get(1..3) == Some(":\\") && !self.0[3..].contains('\\')
    }

    /// Whether it is for IIS to expand.
    pub(crate) fn is_expanded(&self) -> bool {
        self.0.starts_with(SYSTEM_DRIVE)
    }
}

impl FromStr for WindowsPath {
    type Err = PathFault;

    fn from_str(text: &str) -> Result<Self, PathFault> {
        if let Some(fault) = fault(text) {
            return Err(fault);
        }
        let path = text.strip_suffix('\\').filter(|rest| !rest.ends_with(':')).unwrap_or(text);
        Ok(Self(path.to_owned()))
    }
}

/// What is wrong with a path. Its text follows the path; [`advice`](Self::advice) says what to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathFault {
    /// It has slashes.
    Slashes,
    /// It has a variable, or what a reader of it may take for one.
    Variable,
    /// It begins with no drive and no share.
    Relative,
    /// It has a character that no name has.
    Character,
    /// It has a part that is `.` or `..`.
    Dots,
    /// It has a part with something at its edge that Windows drops.
    Edge,
    /// It has a part that Windows keeps for a device.
    Device,
    /// It has a short name.
    ShortName,
    /// It has two backslashes where one belongs.
    Doubled,
    /// It is a server without a share.
    Server,
}

impl PathFault {
    /// What to write instead.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Slashes => "write backslashes, such as C:\\inetpub\\kallithea",
            Self::Variable | Self::Dots => "write the full path",
            Self::Relative => {
                "begin it with a drive or a share, such as C:\\inetpub\\kallithea or \\\\server\\share"
            }
            Self::Character => "remove < > : \" | ? * and control characters",
            Self::Edge => "remove them; Windows drops them",
            Self::Device => "rename the folder or the file",
            Self::ShortName => "write the long name; `dir /x` shows both",
            Self::Doubled => "write each backslash once; YAML needs two only inside double quotes",
            Self::Server => "add the share: \\\\server\\share",
        }
    }
}

impl fmt::Display for PathFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Slashes => "is not a Windows path",
            Self::Variable => "contains a `%`, and not every reader of the path expands variables",
            Self::Relative => "is not an absolute path",
            Self::Character => "contains a character that Windows does not allow in a path",
            Self::Dots => "contains `.` or `..`",
            Self::Edge => "has a part that begins or ends with a space or ends with a dot",
            Self::Device => "has a part that Windows reserves for a device",
            Self::ShortName => "contains a short (8.3) name, which hides the folder that is meant",
            Self::Doubled => "contains a doubled backslash",
            Self::Server => "names a server but no share",
        })
    }
}

impl std::error::Error for PathFault {}

/// What is wrong with a path. The rules are Windows' own ("Naming Files, Paths, and Namespaces"); `%` is refused besides,
/// since IIS and Python would expand it differently.
fn fault(path: &str) -> Option<PathFault> {
    let system_drive = path.strip_prefix(SYSTEM_DRIVE).filter(|rest| rest.starts_with('\\'));
    let bytes = path.as_bytes();
    let has_letter = bytes.len() >= 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':';
    let drive = system_drive.or_else(|| path.get(2..).filter(|_| has_letter));
    let rest = drive.unwrap_or(path);
    if rest.contains('/') {
        return Some(PathFault::Slashes);
    }
    if rest.contains('%') {
        return Some(PathFault::Variable);
    }
    if !rest.starts_with(if drive.is_some() { "\\" } else { "\\\\" }) {
        return Some(PathFault::Relative);
    }
    if rest.contains(|found: char| found.is_control() || "<>:\"|?*".contains(found)) {
        return Some(PathFault::Character);
    }
    rest.split('\\').find_map(fault_of_part).or_else(|| fault_of_root(rest, drive.is_some()))
}

/// What is wrong with a folder's or a file's name within a path.
fn fault_of_part(part: &str) -> Option<PathFault> {
    match part {
        "." | ".." => Some(PathFault::Dots),
        _ if part.ends_with(['.', ' ']) || part.starts_with(' ') => Some(PathFault::Edge),
        _ if is_device(part) => Some(PathFault::Device),
        _ => paths::has_short_name(part).then_some(PathFault::ShortName),
    }
}

/// What is wrong with the backslashes of a path: one behind a drive, two before a server, one between any two parts.
fn fault_of_root(rest: &str, on_drive: bool) -> Option<PathFault> {
    let names = rest.trim_start_matches('\\');
    let begun = rest.len() - names.len();
    if begun > if on_drive { 1 } else { 2 } || names.contains("\\\\") {
        return Some(PathFault::Doubled);
    }
    let has_share = names.split('\\').filter(|part| !part.is_empty()).count() > 1;
    (!on_drive && !has_share).then_some(PathFault::Server)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> WindowsPath {
        text.parse().expect("a path")
    }

    #[test]
    fn a_folder_is_written_without_the_backslash_at_its_end() {
        for (text, written) in [
            (r"C:\inetpub\", r"C:\inetpub"),
            (r"C:\", r"C:\"),
            (r"\\files\share\", r"\\files\share"),
            (r"%SystemDrive%\inetpub\", r"%SystemDrive%\inetpub"),
        ] {
            assert_eq!(path(text).to_string(), written);
        }
        assert_eq!(path(r"C:\").below("iis").to_string(), r"C:\iis");
    }

    #[test]
    fn the_folder_of_a_file_in_a_root_is_the_root() {
        assert_eq!(path(r"C:\logs\bridge.log").folder(), path(r"C:\logs"));
        assert_eq!(path(r"C:\bridge.log").folder(), path(r"C:\"));
        assert!(path(r"C:\bridge.log").is_in_root() && !path(r"C:\logs\bridge.log").is_in_root());
    }

    #[test]
    fn what_is_missing_lies_nowhere() {
        let missing = WindowsPath::default();
        assert_eq!(missing.below("iis"), missing);
        assert!(!missing.is_within(&path(r"C:\")) && !path(r"C:\x").is_within(&missing));
    }
}
