//! The web.config of a site's folder, which the applications below the site inherit.
//!
//! In: the server's file, a deployment and the name of a file, if the user gave one. Out: the file. Absent: the folders between the
//! site's and the application's. A folder on this machine counts only if the server's file is this machine's: the folders of another server
//! may have the same names.

use std::path::{Path, PathBuf};

use iis_config::markup::{self, Document};

use super::Trouble;
use crate::files::TextFile;
use crate::lint::place::folder_of;
use crate::model::Deployment;

/// What is known of the file.
pub(super) enum SiteFile {
    /// There is none that counts: the application is the site's root, or its folder has no such file.
    None,
    /// It is in this folder, which is not on this machine.
    Elsewhere(String),
    /// It is this one.
    Found(TextFile),
}

impl SiteFile {
    /// The file that the user named, or the one in the folder of the site's root application. `is_own`: the server is this machine.
    pub(super) fn of(
        named: Option<&Path>,
        (host, is_own): (&str, bool),
        deployment: &Deployment,
    ) -> Result<Self, Trouble> {
        if deployment.application.path.as_str() == "/" {
            return match named {
                Some(_) => {
                    Err("the application is the site's root, so its own web.config is the site's: leave out \
                                --site-web-config, or use --web-config"
                        .into())
                }
                None => Ok(Self::None),
            };
        }
        if let Some(path) = named {
            return Ok(Self::Found(TextFile::open(path)?));
        }
        let folder_of = |host: Document<'_>| folder_of(&host, &deployment.site.name).map(str::to_owned);
        let Some(folder) = markup::parse(host).ok().and_then(folder_of) else { return Ok(Self::None) };
        let here = PathBuf::from(expanded(&folder));
        match is_own && here.is_dir() {
            true if here.join("web.config").is_file() => {
                Ok(Self::Found(TextFile::open(&here.join("web.config"))?))
            }
            true => Ok(Self::None),
            // The folder of a site that the deployment makes is empty.
            false if deployment.site.own.is_some() => Ok(Self::None),
            false => Ok(Self::Elsewhere(folder)),
        }
    }
}

/// A path with the variables of this machine (`%SystemDrive%`) in place. A variable that this machine does not have stays.
fn expanded(path: &str) -> String {
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
    use super::expanded;

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
