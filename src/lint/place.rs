//! Where a web.config belongs on a server: the site and application whose folder it is in.
//!
//! In: a server's file, and a folder or names. Out: the path that a `<location>` for it has, and the folders above it. Absent: the disk.

use iis_config::markup::{Document, Element};
use iis_config::names::is_at_or_below;
use iis_config::paths;

/// The path of a `<location>` for an application.
pub fn location(site: &str, application: &str) -> String {
    format!("{site}/{}", application.trim_matches('/')).trim_end_matches('/').to_owned()
}

/// A folder that a server's file gives to a virtual directory.
struct Directory<'d> {
    folder: &'d str,
    /// The `<location>` of its application.
    application: String,
    /// Its own `<location>`.
    place: String,
    /// Whether IIS reads the web.config files of the folders in it (`allowSubDirConfig`, page
    /// `system.applicationhost/sites/site/application/virtualdirectory`).
    is_read_below: bool,
}

fn directories<'d>(document: &'d Document<'_>) -> Vec<Directory<'d>> {
    let sites = document.descend(document.root(), &["system.applicationHost", "sites"]);
    let sites = sites.into_iter().flat_map(|sites| document.named(sites, "site"));
    let path = |element: &Element<'_>| element.value("path").unwrap_or("/").to_owned();
    let mut found = Vec::new();
    for site in sites {
        let name = site.value("name").unwrap_or_default();
        for application in document.named(site, "application") {
            for directory in document.named(application, "virtualDirectory") {
                let Some(folder) = directory.value("physicalPath") else { continue };
                let below = format!("{}/{}", path(application), path(directory).trim_matches('/'));
                found.push(Directory {
                    folder,
                    application: location(name, &path(application)),
                    place: location(name, &below),
                    is_read_below: !directory.says("allowSubDirConfig", "false"),
                });
            }
        }
    }
    found
}

/// The `<location>` of a folder, if a virtual directory has it or a folder around it; the nearest counts.
pub fn of_folder(document: &Document<'_>, folder: &str) -> Option<String> {
    let mut around = directories(document);
    around.retain(|own| paths::is_within(folder, own.folder));
    let nearest = around.into_iter().max_by_key(|own| paths::plain(own.folder).len())?;
    let rest = paths::plain(folder).get(paths::plain(nearest.folder).len()..)?.replace('\\', "/");
    Some(location(&nearest.place, &rest))
}

/// A folder above a place, whose web.config IIS reads for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderAbove {
    /// The `<location>` of the folder.
    pub place: String,
    /// The path from there to the place below.
    pub below: String,
    /// The folder of the nearest virtual directory, as the server's file writes it.
    pub root: String,
    /// The names of the folders from there on. Whether they exist, only the disk knows.
    pub names: Vec<String>,
}

impl FolderAbove {
    /// The folder, with the separators of Windows.
    pub fn path(&self) -> String {
        let names = self.names.iter().map(|name| format!("\\{name}"));
        self.root.trim_end_matches(['\\', '/']).to_owned() + &names.collect::<String>()
    }
}

/// The folders above a place (`Site/a/b`), from that of its site on, as virtual directories and the folders in them give them. The
/// application with the longest path decides, and then its virtual directory with the longest path (page "Understanding Sites,
/// Applications, and Virtual Directories on IIS").
pub fn folders_above(document: &Document<'_>, place: &str) -> Vec<FolderAbove> {
    let directories = directories(document);
    let ends = place.match_indices('/').map(|(end, _)| end);
    let found = ends.filter_map(|end| {
        let (own, below) = (&place[..end], &place[end + 1..]);
        let is_around = |directory: &&Directory<'_>| is_at_or_below(own, &directory.place);
        let around = directories.iter().filter(is_around);
        let nearest = around.max_by_key(|directory| (directory.application.len(), directory.place.len()))?;
        let names = own.split('/').skip(nearest.place.split('/').count()).map(str::to_owned);
        let names: Vec<String> = names.collect();
        let root = nearest.folder.to_owned();
        let is_read = names.is_empty() || nearest.is_read_below;
        is_read.then(|| FolderAbove { place: own.to_owned(), below: below.to_owned(), root, names })
    });
    found.collect()
}
