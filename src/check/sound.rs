//! A spec that passed every rule, and the values that the rules made of what its author wrote.
//!
//! The spec enters with what the rules read out of it; a [`Sound`] leaves, which nobody can change. Absent: any check. That
//! one was made says that none of them found an error.

use std::net::IpAddr;
use std::ops::Deref;

use crate::spec::{LdapSpec, ModeSpec, PoolName, SiteName, Spec};

/// A spec that passed every rule. Only [`check`](super::check) makes one; it reads as the [`Spec`] that it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Sound {
    spec: Spec,
    read: Read,
}

/// What the rules read out of values that the schema alone cannot judge.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Read {
    /// Who signs people on, with what it takes.
    pub(crate) sign_on: SignOn,
    /// The largest request body, in bytes, as IIS holds it.
    pub(crate) max_allowed_content_length: u32,
    /// Networks of the proxies that are believed: address and length of the prefix.
    pub(crate) trusted_proxies: Vec<(IpAddr, u8)>,
    /// The application pool's name: its own, or the deployment's.
    pub(crate) pool_name: PoolName,
    /// What a farm's front is called.
    pub(crate) front: Option<FrontNames>,
}

/// The site and the application pool of a farm's front.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FrontNames {
    /// The site.
    pub(crate) site: SiteName,
    /// The pool.
    pub(crate) pool: PoolName,
}

/// Who signs people on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum SignOn {
    /// IIS.
    Windows,
    /// Kallithea, by this directory.
    Ldap(Box<LdapSpec>),
    /// Kallithea, by its own accounts.
    Internal,
}

impl Sound {
    pub(super) fn new(spec: Spec, read: Read) -> Self {
        Self { spec, read }
    }

    /// What the rules read out of it.
    pub(crate) fn read(&self) -> &Read {
        &self.read
    }
}

impl Deref for Sound {
    type Target = Spec;

    fn deref(&self) -> &Spec {
        &self.spec
    }
}

/// A spec that may have errors yet, with as much of it as can be read: for who compares what would come of it with what is there.
/// It is not [`Sound`], and nothing that is made of it is written anywhere.
#[derive(Debug)]
pub(crate) struct Drafted(Sound);

impl Drafted {
    /// Reads what can be read.
    pub(crate) fn of(spec: Spec) -> Self {
        let authentication = &spec.authentication;
        let sign_on = match authentication.mode {
            ModeSpec::Windows => SignOn::Windows,
            ModeSpec::Ldap => SignOn::Ldap(Box::new(authentication.ldap.clone().unwrap_or_default())),
            ModeSpec::Internal => SignOn::Internal,
        };
        let pool_name = spec.application_pool.name.clone().or_else(|| spec.name.parse().ok());
        let read = Read {
            sign_on,
            max_allowed_content_length: spec
                .request_limits
                .max_allowed_content_length
                .try_into()
                .unwrap_or(u32::MAX),
            trusted_proxies: Vec::new(),
            pool_name: pool_name.unwrap_or_default(),
            front: None,
        };
        Self(Sound { spec, read })
    }

    /// It, to be lowered.
    pub(crate) fn as_it_is(&self) -> &Sound {
        &self.0
    }
}
