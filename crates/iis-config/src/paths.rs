//! Windows paths as Windows reads them: whether two spellings name one place, and whether one place is inside another.
//!
//! In: absolute paths. Out: whether they are the same, or one is inside the other. Absent: the disk. Links, junctions, mapped
//! drives and short names (`INETPU~1`) can give one place two paths, which are different here. [`has_short_name`] therefore
//! detects the names that no comparison can be trusted with.
//!
//! The rules are Microsoft's: pages "Naming Files, Paths, and Namespaces" and "File path formats on Windows systems". Every
//! separator is a backslash, and several in a row count as one. `.` and `..` are resolved, dots and spaces at the end of a part
//! are dropped, and case is ignored.

use crate::names::folded;

/// Whether two paths name one file or folder.
pub fn same(one: &str, other: &str) -> bool {
    parts(one) == parts(other)
}

/// Whether a path is a folder or is inside it. An empty text is not a path and is inside nothing.
pub fn is_within(path: &str, folder: &str) -> bool {
    !path.is_empty() && !folder.is_empty() && parts(path).starts_with(&parts(folder))
}

/// A path as people write it: single backslashes, and none at the end except that of a drive's root.
pub fn tidy(path: &str) -> String {
    let path = path.replace('/', "\\");
    let begin = if path.starts_with("\\\\") { "\\" } else { "" };
    let root = if path.starts_with('\\') { "\\" } else { "" };
    let parts: Vec<&str> = path.split('\\').filter(|part| !part.is_empty()).collect();
    let end = if parts.len() == 1 && parts[0].ends_with(':') && path.ends_with('\\') { "\\" } else { "" };
    format!("{begin}{root}{}{end}", parts.join("\\"))
}

/// A full path in the one spelling that Windows itself gives it (`GetFullPathName`), with its case unchanged.
pub fn plain(path: &str) -> String {
    let parts = places(path);
    match parts.as_slice() {
        [drive] if drive != SHARE => format!("{drive}\\"),
        [share, rest @ ..] if share == SHARE => format!("\\\\{}", rest.join("\\")),
        parts => parts.join("\\"),
    }
}

/// Whether a part of a path has the form of a short name, `INETPU~1`, which Windows creates for programs of the eighties.
pub fn has_short_name(path: &str) -> bool {
    path.split(['\\', '/']).any(|part| {
        let (stem, extension) = part.split_once('.').unwrap_or((part, ""));
        let (head, digits) = stem.rsplit_once('~').unwrap_or(("", ""));
        !head.is_empty()
            && !digits.is_empty()
            && digits.bytes().all(|digit| digit.is_ascii_digit())
            && stem.chars().count() <= 8
            && extension.chars().count() <= 3
    })
}

/// How the path of a share begins.
const SHARE: &str = "\\\\";

/// The parts of a path from its root on, in a normalized spelling.
fn parts(path: &str) -> Vec<String> {
    places(path).iter().map(|part| folded(part)).collect()
}

/// The parts of a path from its root on, with their case unchanged.
fn places(path: &str) -> Vec<String> {
    let path = expanded(path).replace('/', "\\");
    let (device, rest) = without_device(&path);
    let is_share = device == Device::Share || device == Device::None && rest.starts_with("\\\\");
    let mut parts: Vec<String> = Vec::new();
    for part in rest.split('\\') {
        match part {
            "" | "." => {}
            // Nothing is above a drive, or above a share of a server.
            ".." => parts.truncate((parts.len().saturating_sub(1)).max(if is_share { 2 } else { 1 })),
            _ => parts.push(part.trim_end_matches(['.', ' ']).to_owned()),
        }
    }
    if is_share {
        parts = on_this_machine(&parts).unwrap_or_else(|| [vec![SHARE.to_owned()], parts].concat());
    }
    parts
}

/// Expands variables. Windows is almost always on `C:`.
fn expanded(path: &str) -> String {
    const DRIVE: &str = "%SystemDrive%";
    match path.get(..DRIVE.len()) {
        Some(head) if head.eq_ignore_ascii_case(DRIVE) => format!("C:{}", &path[DRIVE.len()..]),
        _ => path.to_owned(),
    }
}

#[derive(PartialEq, Eq)]
enum Device {
    None,
    /// `\\?\C:\` or `\\.\C:\`.
    Plain,
    /// `\\?\UNC\server\share`.
    Share,
}

/// A path without its device prefix.
fn without_device(path: &str) -> (Device, &str) {
    let Some(rest) = [r"\\?\", r"\\.\", r"\??\"].into_iter().find_map(|mark| path.strip_prefix(mark)) else {
        return (Device::None, path);
    };
    match rest.get(..4) {
        Some(head) if head.eq_ignore_ascii_case(r"UNC\") => (Device::Share, &rest[4..]),
        _ => (Device::Plain, rest),
    }
}

/// The drive behind an administrative share (`C$`), if the server is this machine by name.
fn on_this_machine(parts: &[String]) -> Option<Vec<String>> {
    let [server, share, rest @ ..] = parts else { return None };
    let drive = share.strip_suffix('$').filter(|drive| drive.len() == 1)?;
    let is_here = server.eq_ignore_ascii_case("localhost") || server == "::1" || server.starts_with("127.");
    is_here.then(|| [vec![format!("{drive}:")], rest.to_vec()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_place_has_many_spellings() {
        let spellings = [
            r"C:\inetpub\intranet",
            r"C:\\inetpub\\intranet",
            r"c:\INETPUB\Intranet\",
            r"C:/inetpub/intranet",
            r"C:\inetpub\.\intranet\\",
            r"C:\inetpub\x\..\intranet",
            r"C:\..\inetpub\intranet",
            r"C:\inetpub.\intranet ",
            r"\\?\C:\inetpub\intranet",
            r"\\.\c:\inetpub\intranet",
            r"%systemdrive%\inetpub\intranet",
            r"\\localhost\C$\inetpub\intranet",
            r"\\?\UNC\127.0.0.1\c$\inetpub\intranet",
            r"\\127.1\C$\inetpub\intranet",
        ];
        for spelling in spellings {
            assert!(same(spellings[0], spelling), "{spelling}");
            assert!(is_within(&format!(r"{spelling}\my.ini"), spellings[0]), "{spelling}");
            assert!(is_within(spelling, r"C:\\"), "{spelling}");
        }
        assert!(same(r"\\Files\Share\", r"\\?\unc\files\share"));
        assert!(same(r"C:\BÜRO", r"c:\büro"));
        // Windows has its own upper-case mapping: no character outside ASCII becomes an ASCII one.
        assert!(!same("C:\\\u{212a}allithea", r"C:\kallithea") && !same("C:\\\u{131}ni", r"C:\ini"));
    }

    #[test]
    fn other_places_are_others() {
        for (one, other) in [
            (r"C:\intranet2", r"C:\intranet"),
            (r"D:\intranet", r"C:\intranet"),
            (r"\\c:\intranet", r"C:\intranet"),
            (r"\\files\share", r"\\files\other"),
            (r"\\files\c$\intranet", r"C:\intranet"),
            ("", r"C:\"),
            (r"C:\", ""),
            (r"C:\x\..", r"C:\x"),
        ] {
            assert!(!is_within(one, other), "{one} {other}");
        }
    }

    #[test]
    fn a_path_is_written_in_one_way() {
        for (path, tidied) in [
            (r"C:\\inetpub/intranet\", r"C:\inetpub\intranet"),
            (r"C:\\", r"C:\"),
            (r"\\files\\share\", r"\\files\share"),
            (r"%SystemDrive%\\inetpub", r"%SystemDrive%\inetpub"),
            ("", ""),
            (r"\\?\C:\x", r"\\?\C:\x"),
        ] {
            assert_eq!(tidy(path), tidied);
        }
    }

    #[test]
    fn a_path_has_one_plain_spelling() {
        for (path, plain) in [
            (r"C:\\Data//x\.\y\..\z. ", r"C:\Data\x\z"),
            (r"\\?\C:\Data", r"C:\Data"),
            (r"D:\x\..", r"D:\"),
            ("D:/", r"D:\"),
            (r"\\Files\Share\\x\", r"\\Files\Share\x"),
            (r"\\?\UNC\Files\Share\x", r"\\Files\Share\x"),
        ] {
            assert_eq!(super::plain(path), plain, "{path}");
            assert!(same(path, plain), "{path}");
        }
    }

    #[test]
    fn short_names_are_told() {
        assert!(has_short_name(r"C:\INETPU~1\intranet") && has_short_name(r"C:\x\PRODUC~2.INI"));
        assert!(has_short_name(r"C:\BÜROÄÖ~1\intranet.äöü") && has_short_name("C:\\日本~1"));
        assert!(!has_short_name(r"C:\~backup\v1~2-longer\a~b") && !has_short_name(r"C:\~1"));
    }
}
