//! The web.config files of the folders above an application, which it inherits.
//!
//! In: the server's file, a deployment and the name of a file, if the user gave one. Out: the files. A folder on this machine counts only if
//! the server's file is this machine's: the folders of another server may have the same names.

use std::path::{Path, PathBuf};

use iis_config::markup;

use super::{Trouble, own_host_config};
use crate::files::{self, TextFile};
use crate::lint::place::{FolderAbove, folders_above};
use crate::merge::host_config;
use crate::model::Deployment;
use crate::route::{Broken, FileAbove, Files, broken};

/// What is known of the files.
#[derive(Default)]
pub(super) struct Above {
    /// Those that exist, the outermost first, each with the path of its folder in the site.
    found: Vec<(String, TextFile)>,
    /// The folders that are not on this machine.
    elsewhere: Vec<String>,
}

impl Above {
    /// The files in the folders that the server's file gives. `named`: the user named that of the site. `is_own`: the server is this
    /// machine.
    pub(super) fn of(
        named: Option<&Path>,
        (host, is_own): (&str, bool),
        deployment: &Deployment,
    ) -> Result<Self, Trouble> {
        // The folder of a site that the deployment makes is empty.
        let is_new = deployment.site.own.is_some() && !is_own;
        Self::at(named, (if is_new { "" } else { host }, is_own), &deployment.location())
    }

    /// The same, for the application at this `<location>`.
    pub(super) fn at(
        named: Option<&Path>,
        (host, is_own): (&str, bool),
        location: &str,
    ) -> Result<Self, Trouble> {
        let mut above = Self::default();
        if !location.contains('/') {
            return match named {
                Some(_) => {
                    Err("the application is the site's root, so its own web.config is the site's: leave out \
                                --site-web-config, or use --web-config"
                        .into())
                }
                None => Ok(above),
            };
        }
        if let Some(path) = named {
            above.found.push(("/".to_owned(), TextFile::open(path)?));
        }
        let folders = markup::parse(host).map(|host| folders_above(&host, location));
        above.add(folders.unwrap_or_default(), is_own)?;
        Ok(above)
    }

    /// Adds the files of these folders, except that of the site if there is one already.
    fn add(&mut self, folders: Vec<FolderAbove>, is_own: bool) -> Result<(), Trouble> {
        let is_named = !self.found.is_empty();
        for folder in folders {
            let path = format!("/{}", folder.place.split_once('/').map_or("", |(_, path)| path));
            match on_disk(&folder).filter(|_| is_own) {
                _ if is_named && path == "/" => {}
                Some(file) if file.is_file() => self.found.push((path, TextFile::open(&file)?)),
                Some(_) => {}
                None => self.elsewhere.push(folder.path()),
            }
        }
        Ok(())
    }

    /// The files as [`FileAbove`]s, whose names are given.
    pub(super) fn files<'t>(&'t self, names: &'t [String]) -> Vec<FileAbove<'t>> {
        let files = self.found.iter().zip(names);
        let above = |((path, file), name): (&'t (String, TextFile), &'t String)| FileAbove {
            name,
            path,
            text: &file.text,
            is_utf16: file.is_utf16(),
        };
        files.map(above).collect()
    }

    /// How messages call the files.
    pub(super) fn names(&self) -> Vec<String> {
        self.found.iter().map(|(_, file)| file.path().display().to_string()).collect()
    }

    /// What the files break of the application. `host` has the deployment in it.
    pub(super) fn broken(
        &self,
        (host, web): (&str, &str),
        deployment: &Deployment,
    ) -> Result<Vec<Broken>, Trouble> {
        if self.found.is_empty() {
            return Ok(Vec::new());
        }
        let names = self.names();
        let files = Files { host, above: &self.files(&names), web, is_web_utf16: false };
        Ok(broken(files, deployment).map_err(|flaw| flaw.detail)?)
    }

    /// The file that [`Broken::file`] means.
    pub(super) fn file(&self, index: usize) -> &TextFile {
        &self.found[index].1
    }

    /// The files that nobody has looked at, for the user.
    pub(super) fn not_looked_at(&self) -> Option<String> {
        let files: Vec<String> =
            self.elsewhere.iter().map(|folder| format!("{folder}\\web.config")).collect();
        (!files.is_empty()).then(|| {
            format!(
                "not looked at: {}, whose sections count for the application; name the file of the site with --site-web-config, or run \
                 this on the server",
                files.join(" and ")
            )
        })
    }
}

/// Where the web.config of a folder is on this machine; `None` if the folder of its virtual directory is not here.
pub(super) fn on_disk(folder: &FolderAbove) -> Option<PathBuf> {
    let root = PathBuf::from(expanded(&folder.root));
    root.is_dir().then(|| folder.names.iter().fold(root, |path, name| path.join(name)).join("web.config"))
}

/// Whether a file is this server's own applicationHost.config.
pub(super) fn is_of_this_server(path: &Path) -> bool {
    let own = own_host_config().and_then(|own| host_config::open(&own).ok());
    own.is_some_and(|own| files::real(own.path()) == files::real(path))
}

/// A path with the variables of this machine (`%SystemDrive%`) in place. A variable that this machine does not have stays.
pub(super) fn expanded(path: &str) -> String {
    let mut text = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('%') {
        let value = after.split_once('%').and_then(|(name, _)| std::env::var(name).ok());
        text += before;
        match (value, after.split_once('%')) {
            (Some(value), Some((_, behind))) => (text, rest) = (text + &value, behind),
            _ => (text, rest) = (text + "%", after),
        }
    }
    text += rest;
    text
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Above, expanded};
    use crate::lint::place::FolderAbove;

    #[test]
    fn only_folders_of_this_server_are_looked_into() {
        let site = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(site.path().join("a")).expect("a folder");
        fs::write(site.path().join("a/web.config"), "<configuration/>").expect("a file");
        let root = site.path().to_str().expect("UTF-8");
        let folder = |place: &str, root: &str, names: &[&str]| FolderAbove {
            place: place.to_owned(),
            below: "b".to_owned(),
            root: root.to_owned(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
        };
        let folders = || {
            vec![
                folder("Portal", root, &[]),
                folder("Portal/a", root, &["a"]),
                folder("Portal/a/none", root, &["a", "none"]),
                folder("Portal/a/none/share", r"\\files\share", &[]),
            ]
        };
        let (mut here, mut other) = (Above::default(), Above::default());
        here.add(folders(), true).expect("files");
        let found: Vec<&str> = here.found.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!((found, here.elsewhere.as_slice()), (vec!["/a"], &[r"\\files\share".to_owned()][..]));
        other.add(folders(), false).expect("files");
        assert!(other.found.is_empty());
        let words = other.not_looked_at().expect("words");
        assert!(words.contains(&format!(r"{root}\web.config and {root}\a\web.config and ")), "{words}");
        assert_eq!(Above::default().not_looked_at(), None);
    }

    #[test]
    fn variables_of_this_machine_are_put_in_and_others_stay() {
        let path = std::env::var("PATH").expect("every machine has it");
        assert_eq!(expanded(r"%PATH%\inetpub"), format!(r"{path}\inetpub"));
        assert_eq!(expanded(r"%NoSuchVariable%\inetpub"), r"%NoSuchVariable%\inetpub");
        assert_eq!(expanded(r"C:\inetpub"), r"C:\inetpub");
        assert_eq!(expanded(r"C:\100%"), r"C:\100%");
        assert_eq!(expanded(r"%a%PATH%"), format!("%a{path}"));
    }
}
