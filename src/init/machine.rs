//! What the machine reports about itself: its system drive, the sites of its IIS, and whether git keeps the spec's folder.

use iis_config::markup::{self, Flaw};

/// The machine for which a spec is created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// The drive of Windows, such as `C:`.
    pub drive: String,
    /// The sites of its IIS; empty if IIS could not be asked.
    pub sites: Vec<Site>,
    /// Whether the spec will be in a repository of git.
    pub is_in_git: bool,
}

/// A site of IIS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Its name.
    pub name: String,
    /// Its number.
    pub id: String,
}

impl Machine {
    /// A machine about which nothing is known.
    pub fn unknown() -> Self {
        Self { drive: "C:".to_owned(), sites: Vec::new(), is_in_git: false }
    }

    /// A machine, from its `SystemDrive` and its applicationHost.config.
    pub fn new(drive: Option<&str>, host_config: Option<&str>) -> Result<Self, Flaw> {
        let mut machine = Self::unknown();
        if let Some(drive) = drive {
            drive.clone_into(&mut machine.drive);
        }
        if let Some(text) = host_config {
            machine.sites = sites(text)?;
        }
        Ok(machine)
    }

    /// The site with this name, in either case.
    pub fn site(&self, name: &str) -> Option<&Site> {
        self.sites.iter().find(|site| site.name.eq_ignore_ascii_case(name))
    }
}

fn sites(text: &str) -> Result<Vec<Site>, Flaw> {
    let document = markup::parse(text)?;
    let sites = document.descend(document.root(), &["system.applicationHost", "sites"]);
    let sites = sites.into_iter().flat_map(|sites| document.named(sites, "site"));
    let found = sites.filter_map(|site| {
        Some(Site { name: site.value("name")?.to_owned(), id: site.value("id")?.to_owned() })
    });
    Ok(found.collect())
}
