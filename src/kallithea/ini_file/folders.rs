//! The folders to which Kallithea writes according to an ini file.
//!
//! What enters: the file's text and its own folder. What leaves: each folder once, as the system names it. Absent: the
//! folder of the repositories, which the database names; relative paths, since they depend on who starts Kallithea; and the
//! disk.
//!
//! What writes there: `lib/celerylib`, `lib/indexers`, `controllers/files.py` (archives), Beaker (caches,
//! sessions), and SQLite, which creates its journal beside the database.

use iis_config::paths;

use crate::diagnostic::Diagnostic;
use crate::ini::heard::heard_value;
use crate::ini::read::read;
use crate::kallithea::facts::DATABASE_ADDRESS;

/// Keys that name a folder.
const FOLDERS: [&str; 7] = [
    "cache_dir",
    "index_dir",
    "archive_cache_dir",
    "beaker.cache.data_dir",
    "beaker.cache.lock_dir",
    "session.data_dir",
    "session.lock_dir",
];

/// Keys that name a database.
const DATABASES: [&str; 2] = [DATABASE_ADDRESS, "session.url"];

/// How SQLAlchemy's URL of a file begins; what follows is the path.
const SQLITE: &str = "sqlite:///";

/// A folder to which Kallithea writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Its full path.
    pub path: String,
    /// Whether Kallithea owns it with everything below. Otherwise it owns only its files there, since a
    /// database's folder may contain anything.
    pub with_subfolders: bool,
}

/// The folders that an ini file in the folder `here` names.
///
/// # Errors
/// Every line that configparser would refuse.
pub fn written_folders(text: &str, here: &str) -> Result<Vec<Written>, Vec<Diagnostic>> {
    let ini = read(text)?;
    let value = |name: &&str| heard_value(&ini, name).map(|value| placed(&value, here));
    let whole = FOLDERS.iter().filter_map(value).filter(|path| is_full(path));
    let whole = outermost(whole.map(|path| plain(&path)).collect());
    let database = DATABASES.iter().filter_map(value).filter_map(|url| folder_of_file(&url));
    let mut written: Vec<Written> =
        whole.into_iter().map(|path| Written { path, with_subfolders: true }).collect();
    for path in database {
        if !written.iter().any(|other| {
            is_same(&other.path, &path) || other.with_subfolders && is_within(&path, &other.path)
        }) {
            written.push(Written { path, with_subfolders: false });
        }
    }
    Ok(written)
}

/// A value with the ini file's folder inserted, and on Windows with its separators.
fn placed(value: &str, here: &str) -> String {
    let value = value.replace("%(here)s", here);
    let is_url = value.contains("://");
    if is_windows(here) && !is_url { value.replace('/', "\\") } else { value }
}

fn is_windows(path: &str) -> bool {
    path.starts_with("\\\\") || path.as_bytes().get(1) == Some(&b':')
}

fn is_full(path: &str) -> bool {
    is_windows(path) || path.starts_with('/')
}

/// The folder of the file that a SQLite URL names.
fn folder_of_file(url: &str) -> Option<String> {
    let path = url.strip_prefix(SQLITE)?.split('?').next()?;
    let path = if is_windows(path) { path.replace('/', "\\") } else { path.to_owned() };
    let end = path.rfind(['/', '\\'])?;
    // `C:` alone would be the current folder of that drive.
    let folder = if path[..end].ends_with(':') { &path[..=end] } else { &path[..end] };
    is_full(folder).then(|| plain(folder))
}

/// A full path in one spelling, so that the scripts can compare it with another.
fn plain(path: &str) -> String {
    if is_windows(path) { paths::plain(path) } else { path.trim_end_matches('/').to_owned() }
}

/// Each folder that is not in another one, without duplicates.
fn outermost(mut folders: Vec<String>) -> Vec<String> {
    folders.sort();
    let mut outer: Vec<String> = Vec::new();
    for folder in &folders {
        let is_around = |other: &String| is_within(folder, other);
        let is_inner = folders.iter().any(|other| is_around(other) && !is_within(other, folder));
        if !is_inner && !outer.iter().any(is_around) {
            outer.push(folder.clone());
        }
    }
    outer
}

fn is_same(one: &str, other: &str) -> bool {
    if is_windows(one) && is_windows(other) { paths::same(one, other) } else { one == other }
}

/// Whether a folder equals another one, or is in it.
fn is_within(path: &str, folder: &str) -> bool {
    match is_windows(path) && is_windows(folder) {
        true => paths::is_within(path, folder),
        false => path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "[app:main]\ncache_dir = %(here)s/data\nindex_dir = %(here)s/data/index\n\
        archive_cache_dir = %(here)s/data/tarballcache\nbeaker.cache.data_dir = %(here)s/data/cache/data\n\
        beaker.cache.lock_dir = %(here)s/data/cache/lock\n";

    fn written(more: &str, here: &str) -> Vec<(String, bool)> {
        let written = written_folders(&format!("{TEMPLATE}{more}"), here).expect("an ini file");
        written.into_iter().map(|written| (written.path, written.with_subfolders)).collect()
    }

    #[test]
    fn a_database_below_data_leaves_one_folder() {
        let database = "sqlalchemy.url = sqlite:///%(here)s/data/kallithea.db?timeout=60\n";
        assert_eq!(written(database, r"C:\a b"), [(r"C:\a b\data".to_owned(), true)]);
        assert_eq!(written(database, r"\\server\share"), [(r"\\server\share\data".to_owned(), true)]);
        assert_eq!(written(database, "/srv/k"), [("/srv/k/data".to_owned(), true)]);
    }

    #[test]
    fn one_folder_in_two_spellings_is_one() {
        let more = "session.data_dir = c:\\\\K\\DATA\\sessions\nsession.lock_dir = %(here)s\\.\\Data\n";
        assert_eq!(written(more, r"C:\k").len(), 1, "{:?}", written(more, r"C:\k"));
        let linux = "session.data_dir = /srv/K/data\n";
        assert_eq!(written(linux, "/srv/k").len(), 2);
    }

    #[test]
    fn a_database_in_the_root_of_a_drive_asks_for_that_root() {
        let database = "sqlalchemy.url = sqlite:///D:/kallithea.db\n";
        let expected = [(r"C:\k\data".to_owned(), true), (r"D:\".to_owned(), false)];
        assert_eq!(written(database, r"C:\k"), expected);
    }

    /// Rights are granted on the folders here, unless one of them contains something that is run: the texts are compared.
    #[test]
    fn a_folder_is_named_in_one_spelling() {
        for (key, spelling) in [
            ("sqlalchemy.url", r"sqlite:///C:\\K\\kallithea.db"),
            ("sqlalchemy.url", "sqlite:///C:/K/./kallithea.db?timeout=60"),
            ("session.url", r"sqlite:///C:\K\data\..\kallithea.db"),
            ("session.data_dir", r"\\?\C:\K"),
            ("session.lock_dir", "%(here)s/data/.."),
            ("session.lock_dir", r"C:\K. \"),
        ] {
            let written = written(&format!("{key} = {spelling}\n"), r"C:\K");
            assert!(written.iter().any(|(path, _)| path == r"C:\K"), "{spelling}: {written:?}");
        }
    }

    #[test]
    fn a_database_beside_the_ini_file_asks_for_the_files_of_its_folder_alone() {
        let database = "sqlalchemy.url = sqlite:///%(here)s/kallithea.db?timeout=60\n";
        let expected = [(r"C:\k\data".to_owned(), true), (r"C:\k".to_owned(), false)];
        assert_eq!(written(database, r"C:\k"), expected);
    }

    #[test]
    fn folders_elsewhere_are_named_and_relative_ones_are_not() {
        let server = "sqlalchemy.url = postgresql://k:%%40p@db/k\nsession.data_dir = \
            D:/sessions/\nsession.lock_dir = locks\n";
        let expected = [(r"C:\k\data".to_owned(), true), (r"D:\sessions".to_owned(), true)];
        assert_eq!(written(server, r"C:\k"), expected);
        assert_eq!(
            written("[DEFAULT]\ncache_dir = %(index_dir)s\nindex_dir = E:\\database\n", r"C:\k").last(),
            Some(&(r"E:\database".to_owned(), true)),
            "what stands in [DEFAULT] wins"
        );
        assert!(written_folders("no section", "/k").is_err());
    }
}
