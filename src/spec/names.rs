//! Names that are more than text: of hosts, accounts, sites and application pools.
//!
//! In: a text, as the author wrote it. Out: a value that keeps the text, and compares as those compare that read it. Absent:
//! which of them a deployment may have, which the rules say.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use iis_config::names::{self, DEFAULT_WEB_SITE, Refusal};
use iis_config::pool_sid;
use regex::Regex;

use super::forms::{self, Form};
use super::texts::texts;

texts! {
    /// The host name that a binding listens for: none for every name, or one that may begin with a star.
    pub struct HostName;
    /// A machine by its host name or IPv4 address.
    pub struct MachineName;
    /// An account of Windows, as `DOMAIN\name`.
    pub struct AccountName;
    /// The name of a site.
    pub struct SiteName;
    /// The name of an application pool.
    pub struct PoolName;
}

impl HostName {
    /// Whether it is every host name.
    pub(crate) fn is_any(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it is that of several hosts.
    pub(crate) fn is_wildcard(&self) -> bool {
        self.0.contains('*')
    }

    /// Whether both are one name to DNS.
    pub fn is_same(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl AccountName {
    /// The account of a pool's own.
    pub(crate) fn of_pool(pool: &PoolName) -> Self {
        Self(format!("IIS AppPool\\{pool}"))
    }

    /// An account that every Windows has.
    pub(crate) fn of_windows(name: &str) -> Self {
        Self(format!("NT AUTHORITY\\{name}"))
    }

    /// Whether Windows itself manages its password: a group managed service account.
    pub(crate) fn is_managed(&self) -> bool {
        self.0.ends_with('$')
    }
}

impl SiteName {
    /// Whether it is the site that Windows creates together with IIS.
    pub(crate) fn is_default_web_site(&self) -> bool {
        self.0.eq_ignore_ascii_case(DEFAULT_WEB_SITE)
    }
}

impl PoolName {
    /// The SID of the pool's own account, where it is known before Windows knows the pool.
    pub fn sid(&self) -> Option<String> {
        pool_sid(&self.0)
    }

    /// The name with which every name that IIS takes for the same is equal.
    pub(crate) fn folded(&self) -> Self {
        Self(names::folded(&self.0))
    }
}

/// The text does not have its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotOfItsForm(Form);

impl fmt::Display for NotOfItsForm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.advice)
    }
}

impl std::error::Error for NotOfItsForm {}

/// A text, where it has a form.
fn of_form(text: &str, form: Form, pattern: &Regex) -> Result<String, NotOfItsForm> {
    if pattern.is_match(text) { Ok(text.to_owned()) } else { Err(NotOfItsForm(form)) }
}

static HOST_NAME: LazyLock<Regex> = LazyLock::new(|| forms::HOST_NAME.regex());
static MACHINE: LazyLock<Regex> = LazyLock::new(|| forms::MACHINE.regex());

impl FromStr for HostName {
    type Err = NotOfItsForm;

    fn from_str(text: &str) -> Result<Self, NotOfItsForm> {
        of_form(text, forms::HOST_NAME, &HOST_NAME).map(Self)
    }
}

impl FromStr for MachineName {
    type Err = NotOfItsForm;

    fn from_str(text: &str) -> Result<Self, NotOfItsForm> {
        of_form(text, forms::MACHINE, &MACHINE).map(Self)
    }
}

/// Only Windows knows which accounts there can be.
impl From<&str> for AccountName {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl FromStr for AccountName {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(text.into())
    }
}

impl FromStr for SiteName {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        names::site(text).map(|()| Self(text.to_owned()))
    }
}

impl FromStr for PoolName {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        names::application_pool(text).map(|()| Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_compare_as_those_do_who_read_them() {
        let host = |text: &str| text.parse::<HostName>().expect("a host name");
        assert!(host("").is_any() && host("*.example.com").is_wildcard());
        assert!(host("Code.example.com").is_same(&host("code.EXAMPLE.com")));
        let pool = |text: &str| text.parse::<PoolName>().expect("a pool's name");
        assert_eq!(format!("{:?}", pool("Shared 32-bit")), "\"Shared 32-bit\"");
        assert_eq!(pool("K\u{f6}ln").folded(), pool("K\u{d6}LN").folded());
        assert!("default web site".parse::<SiteName>().is_ok_and(|site| site.is_default_web_site()));
        assert!(AccountName::from(r"CORP\kallithea$").is_managed());
        assert_eq!(&*AccountName::of_pool(&pool("Code")), r"IIS AppPool\Code");
    }

    #[test]
    fn what_is_not_a_name_is_not_read() {
        for wrong in ["https://code.example.com", "code:443", "-code", "code.*"] {
            assert!(wrong.parse::<HostName>().is_err(), "{wrong}");
        }
        assert_eq!("con".parse::<PoolName>(), Err(Refusal::Device));
        assert_eq!("a/b".parse::<SiteName>(), Err(Refusal::Character('/')));
        assert!("".parse::<MachineName>().is_err());
    }
}
