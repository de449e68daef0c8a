//! The web.config of a site's folder, which the applications below the site inherit.
//!
//! In: the server's file, a deployment and the name of a file, if the user gave one. Out: the file. Absent: the folders between the
//! site's and the application's.

use std::path::{Path, PathBuf};

use iis_config::markup::{self, Document, Element};

use super::Trouble;
use crate::files::TextFile;
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
    /// The file that the user named, or the one in the folder of the site's root application.
    pub(super) fn of(named: Option<&Path>, host: &str, deployment: &Deployment) -> Result<Self, Trouble> {
        if deployment.application.path.as_str() == "/" {
            return Ok(Self::None);
        }
        if let Some(path) = named {
            return Ok(Self::Found(TextFile::open(path)?));
        }
        let Some(folder) = markup::parse(host).ok().and_then(|host| folder(&host, &deployment.site.name))
        else {
            return Ok(Self::None);
        };
        let here = PathBuf::from(expanded(&folder));
        match here.is_dir() {
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

/// The folder of a site's root application.
fn folder(host: &Document<'_>, site: &str) -> Option<String> {
    let sites = host.descend(host.root(), &["system.applicationHost", "sites"])?;
    let site = host.named(sites, "site").find(|own| own.says("name", site))?;
    let is_root = |element: &&Element<'_>| element.says("path", "/");
    let application = host.named(site, "application").find(is_root)?;
    let directory = host.named(application, "virtualDirectory").find(is_root)?;
    directory.value("physicalPath").map(str::to_owned)
}

/// A path with the variables of this machine (`%SystemDrive%`) in place. A variable that this machine does not have stays.
fn expanded(path: &str) -> String {
    let mut parts = path.split('%');
    let mut text = parts.next().unwrap_or_default().to_owned();
    while let Some(name) = parts.next() {
        match (std::env::var(name), parts.next()) {
            (Ok(value), Some(rest)) => text += &(value + rest),
            (_, rest) => text += &format!("%{name}%{}", rest.unwrap_or_default()),
        }
    }
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
    }
}
