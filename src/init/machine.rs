//! What the machine says of itself: its system drive, and the sites that its IIS has.

use iis_config::markup::{self, Flaw};

/// A machine that a spec is begun for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// The drive of Windows, such as `C:`.
    pub drive: String,
    /// The sites of its IIS; empty where nobody could be asked.
    pub sites: Vec<Site>,
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
    /// A machine of which nothing is known.
    pub fn unknown() -> Self {
        Self { drive: "C:".to_owned(), sites: Vec::new() }
    }

    /// A machine with what its `SystemDrive` and its applicationHost.config say.
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

    /// The site of a name; letters may be of either case.
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
