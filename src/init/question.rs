//! The questions: how each is asked, when, and its default.

use std::ops::RangeInclusive;

use iis_config::names::DEFAULT_WEB_SITE;
use iis_config::names::application_pool;

use super::Answers;
use crate::kallithea::facts;
use crate::spec::{ArchitectureSpec, ModeSpec, ProtocolSpec};

pub(super) const YES: &str = "yes";
const NO: &str = "no";
/// Says that there is no virtual environment. No folder can have this name, since each begins with a drive or a share.
const NONE: &str = "none";
pub(super) const X86: &str = ArchitectureSpec::X86.as_word();
const X64: &str = ArchitectureSpec::X64.as_word();
pub(super) const HTTPS: &str = ProtocolSpec::Https.as_iis();
const WINDOWS: &str = ModeSpec::Windows.as_word();
const LDAP: &str = ModeSpec::Ldap.as_word();
/// The longest name of a deployment, which is also the name of its application pool (see [`names`](iis_config::names)).
const NAME_LENGTH: usize = 64;
const LEFT_TO_RIGHT_MARK: char = '\u{200e}';

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// The site's name.
    Site,
    /// Whether the site already exists.
    ExistingSite,
    /// The number of an existing site.
    SiteId,
    /// http or https.
    Protocol,
    /// The host name that the site listens for.
    HostName,
    /// The port.
    Port,
    /// The certificate.
    Thumbprint,
    /// The virtual path.
    Path,
    /// Kallithea's folder.
    Distribution,
    /// The folder of the repositories.
    Repositories,
    /// Python's version.
    PythonVersion,
    /// Python's bitness.
    Architecture,
    /// Python's folder.
    PythonHome,
    /// The folder of the virtual environment.
    VirtualEnvironment,
    /// Who authenticates the user.
    Authentication,
    /// The domains whose users are allowed.
    Domains,
    /// The directory's host.
    LdapHost,
    /// Where in the directory the users are.
    LdapBaseDn,
    /// Basic authentication for hg and git.
    Basic,
    /// The deployment's name.
    Name,
    /// What the spec's folder says to git of the outputs.
    Git,
}

impl Question {
    /// All, in the order in which they are asked.
    pub const ALL: [Self; 21] = [
        Self::Site,
        Self::ExistingSite,
        Self::SiteId,
        Self::Protocol,
        Self::HostName,
        Self::Port,
        Self::Thumbprint,
        Self::Path,
        Self::Distribution,
        Self::Repositories,
        Self::PythonVersion,
        Self::Architecture,
        Self::PythonHome,
        Self::VirtualEnvironment,
        Self::Authentication,
        Self::Domains,
        Self::LdapHost,
        Self::LdapBaseDn,
        Self::Basic,
        Self::Name,
        Self::Git,
    ];

    /// The flag that answers it, and the words that ask.
    fn facts(self) -> (&'static str, &'static str) {
        match self {
            Self::Site => ("--site", "Name of the site in IIS Manager"),
            Self::ExistingSite => ("--existing-site", "Does that site already exist"),
            Self::SiteId => ("--site-id", "The site's number in IIS Manager's list"),
            Self::Protocol => ("--protocol", "Protocol of the site"),
            Self::HostName => ("--host-name", "Host name that users type; empty for any"),
            Self::Port => ("--port", "Port"),
            Self::Thumbprint => ("--thumbprint", "Thumbprint of the certificate; empty to fill it in later"),
            Self::Path => ("--path", "Kallithea's path in the site: / or /name"),
            Self::Distribution => ("--distribution", "Folder of Kallithea, with its ini file"),
            Self::Repositories => ("--repositories", "Folder of the repositories"),
            Self::PythonHome => ("--python-home", "Folder of python.exe"),
            Self::PythonVersion => ("--python-version", "Version of Python"),
            Self::Architecture => ("--architecture", "Architecture of Python"),
            Self::VirtualEnvironment => (
                "--virtual-environment",
                "Folder of Kallithea's virtual environment; none if Kallithea is installed directly into \
                 Python",
            ),
            Self::Authentication => {
                ("--authentication", "Who signs users on: Windows, an LDAP directory, or Kallithea")
            }
            Self::Domains => (
                "--domains",
                "Windows domains whose users are admitted, as in CORP,SALES; empty for all trusted domains",
            ),
            Self::LdapHost => ("--ldap-host", "Host name of the directory"),
            Self::LdapBaseDn => {
                ("--ldap-base-dn", "Base DN of the users in the directory, as in dc=example,dc=com")
            }
            Self::Basic => ("--basic", "Basic authentication for hg and git, with the Windows password"),
            Self::Name => ("--name", "Name of this deployment, and of its application pool"),
            Self::Git => (
                "--git",
                "Mark the outputs as generated in .gitattributes, and leave the DLLs out by .gitignore",
            ),
        }
    }

    /// The flag of the command line that answers it.
    pub fn flag(self) -> &'static str {
        self.facts().0
    }

    /// The question in words.
    pub fn asks(self) -> &'static str {
        self.facts().1
    }

    /// The possible answers, if there are only a few.
    pub fn choices(self) -> Option<&'static [&'static str]> {
        match self {
            Self::ExistingSite | Self::Basic | Self::Git => Some(&[YES, NO]),
            Self::Protocol => Some(const { &[HTTPS, ProtocolSpec::Http.as_iis()] }),
            Self::PythonVersion => Some(&["3.9", "3.10", "3.11", "3.12", "3.13", "3.14"]),
            Self::Architecture => Some(&[X64, X86]),
            Self::Authentication => Some(const { &[WINDOWS, LDAP, ModeSpec::Internal.as_word()] }),
            _ => None,
        }
    }

    /// The smallest and the largest possible answer, if it is a number.
    pub(super) fn range(self) -> Option<RangeInclusive<u32>> {
        match self {
            Self::Port => Some(1..=u32::from(u16::MAX)),
            Self::SiteId => Some(1..=u32::MAX),
            _ => None,
        }
    }

    /// What an answer says, without what only surrounds it: spaces, the quotation marks in which Explorer copies a folder,
    /// and in a thumbprint the spaces that the certificate's Details tab shows, with the invisible mark before its first
    /// digit. A word may be in either case, and yes and no may be one letter.
    pub(super) fn said(self, text: &str) -> String {
        let is_meant = |word: &&&str| {
            word.eq_ignore_ascii_case(text.trim())
                || [YES, NO].contains(*word) && word[..1].eq_ignore_ascii_case(text.trim())
        };
        if let Some(word) = self.choices().and_then(|words| words.iter().find(is_meant)) {
            return (*word).to_owned();
        }
        match self {
            Self::Thumbprint => {
                text.chars().filter(|one| !one.is_whitespace() && *one != LEFT_TO_RIGHT_MARK).collect()
            }
            Self::VirtualEnvironment if text.trim().eq_ignore_ascii_case(NONE) => String::new(),
            _ if self.is_folder() => unquoted(text.trim()).trim().to_owned(),
            _ => text.trim().to_owned(),
        }
    }

    fn is_folder(self) -> bool {
        matches!(self, Self::Distribution | Self::Repositories | Self::PythonHome | Self::VirtualEnvironment)
    }

    pub(super) fn may_be_empty(self) -> bool {
        matches!(self, Self::HostName | Self::Thumbprint | Self::Domains | Self::VirtualEnvironment)
    }

    /// Whether it applies, given the other answers.
    pub(super) fn applies(self, answers: &Answers) -> bool {
        let existing = answers.is(Self::ExistingSite, YES);
        match self {
            Self::SiteId => {
                let is_usual = |name: String| name.eq_ignore_ascii_case(DEFAULT_WEB_SITE);
                existing && !answers.value(Self::Site).is_some_and(is_usual)
            }
            Self::Protocol | Self::HostName | Self::Port => !existing,
            Self::Thumbprint => !existing && answers.is(Self::Protocol, HTTPS),
            Self::LdapHost | Self::LdapBaseDn => answers.is(Self::Authentication, LDAP),
            Self::Domains | Self::Basic => answers.is(Self::Authentication, WINDOWS),
            // Nobody else needs to know of it.
            Self::Git => answers.machine.is_in_git || answers.given.contains_key(&self),
            _ => true,
        }
    }

    /// The default answer; `None` if there is none.
    pub(super) fn usual(self, answers: &Answers) -> Option<String> {
        let drive = &answers.machine.drive;
        let below_distribution = |name| {
            let distribution = answers.value(Self::Distribution)?;
            Some(format!(r"{}\{name}", distribution.trim_end_matches('\\')))
        };
        let known_site = || answers.machine.site(&answers.value(Self::Site)?);
        let usual = match self {
            Self::Site => facts::NAME.to_owned(),
            Self::ExistingSite => {
                let name = answers.value(Self::Site)?;
                let is_there = known_site().is_some() || name.eq_ignore_ascii_case(DEFAULT_WEB_SITE);
                if is_there { YES } else { NO }.to_owned()
            }
            Self::SiteId => known_site()?.id.clone(),
            Self::Protocol => HTTPS.to_owned(),
            Self::Port => if answers.is(Self::Protocol, HTTPS) { "443" } else { "80" }.to_owned(),
            Self::HostName | Self::Thumbprint | Self::Domains => String::new(),
            Self::Path if answers.is(Self::ExistingSite, YES) => format!("/{}", facts::SHORT_NAME),
            Self::Path => "/".to_owned(),
            Self::Distribution => format!(r"{drive}\inetpub\{}", facts::SHORT_NAME),
            Self::Repositories => below_distribution("repositories")?,
            Self::PythonVersion => facts::PYTHON.to_owned(),
            Self::Architecture => X64.to_owned(),
            Self::PythonHome => {
                // The folder name that Python's own installer chooses.
                let bits = if answers.is(Self::Architecture, X86) { "-32" } else { "" };
                format!(r"{drive}\Python{}{bits}", answers.value(Self::PythonVersion)?.replace('.', ""))
            }
            Self::VirtualEnvironment => below_distribution("venv")?,
            Self::Authentication => WINDOWS.to_owned(),
            Self::LdapHost | Self::LdapBaseDn => return None,
            Self::Basic => {
                let is_own = answers.is(Self::ExistingSite, NO);
                if is_own && answers.is(Self::Protocol, HTTPS) { YES } else { NO }.to_owned()
            }
            Self::Name => name(&answers.value(Self::Site)?, &answers.value(Self::Path)?),
            Self::Git => if answers.machine.is_in_git { YES } else { NO }.to_owned(),
        };
        Some(usual)
    }
}

/// The deployment's name, from the site's name and, if it is not at its root, the application's, so that two deployments on
/// one server have two names: `Code Review` and `/hg` become `code-review-hg`. A hyphen replaces what a name must not
/// contain.
fn name(site: &str, path: &str) -> String {
    let plain = |found: char| if found.is_ascii_alphanumeric() { found.to_ascii_lowercase() } else { '-' };
    let letters: String = [site, path].join("-").chars().map(plain).collect();
    let words: Vec<&str> = letters.split('-').filter(|word| !word.is_empty()).collect();
    let name: String = words.join("-").chars().take(NAME_LENGTH).collect();
    match name.trim_end_matches('-') {
        "" => facts::SHORT_NAME.to_owned(),
        // Its application pool has the same name, and Windows reserves some names for devices.
        name if application_pool(name).is_err() => format!("{}-{name}", facts::SHORT_NAME),
        name => name.to_owned(),
    }
}

/// A text without the one pair of quotation marks around it.
fn unquoted(text: &str) -> &str {
    text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text)
}
