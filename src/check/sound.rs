//! A spec that passed every rule, and the values that the rules made of what its author wrote.
//!
//! The spec enters with what the rules read out of it; a [`Sound`] leaves, which nothing can change. Absent: the checks. A
//! [`Sound`] says that they ran and found no error.

use std::net::IpAddr;
use std::ops::Deref;

use serde_json::Value;

use crate::spec::{AuthenticationSpec, LdapSpec, ModeSpec, PoolName, SiteName, Spec};

/// A spec that passed every rule. Only [`check`](super::check) makes one. It dereferences to the [`Spec`].
#[derive(Debug, Clone, PartialEq)]
pub struct Sound {
    spec: Spec,
    read: Read,
    written: Value,
}

/// What the rules read out of values that the schema alone cannot judge.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Read {
    /// Who signs users on, with the settings for it.
    pub(crate) sign_on: SignOn,
    /// The largest request body, in bytes, as IIS stores it.
    pub(crate) max_allowed_content_length: u32,
    /// Networks of the trusted proxies: address and prefix length.
    pub(crate) trusted_proxies: Vec<(IpAddr, u8)>,
    /// The application pool's name: its own, or the deployment's.
    pub(crate) pool_name: PoolName,
    /// The names of a farm's front.
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

/// Who signs users on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum SignOn {
    /// IIS.
    Windows,
    /// Kallithea, with this directory.
    Ldap(Box<LdapSpec>),
    /// Kallithea, with its own accounts.
    Internal,
}

impl SignOn {
    /// What a section of a spec says; `None` if the directory is missing.
    pub(super) fn of(authentication: &AuthenticationSpec) -> Option<Self> {
        match authentication.mode {
            ModeSpec::Windows => Some(Self::Windows),
            ModeSpec::Ldap => authentication.ldap.clone().map(Box::new).map(Self::Ldap),
            ModeSpec::Internal => Some(Self::Internal),
        }
    }
}

impl Sound {
    pub(super) fn new(spec: Spec, read: Read, written: Value) -> Self {
        Self { spec, read, written }
    }

    /// The keys that its author wrote, with those of the files that it extends.
    pub(crate) fn written(&self) -> &Value {
        &self.written
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

/// A spec that may still have errors, with as much of it as can be read. Commands that compare its outputs with existing
/// files use it. It is not [`Sound`], and nothing that is made from it is written anywhere.
#[derive(Debug)]
pub(crate) struct Drafted(Sound);

impl Drafted {
    /// Reads what can be read.
    pub(crate) fn of(spec: Spec) -> Self {
        let sign_on = SignOn::of(&spec.authentication).unwrap_or_else(|| SignOn::Ldap(Box::default()));
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
        Self(Sound { spec, read, written: Value::Null })
    }

    /// The spec, for lowering.
    pub(crate) fn as_it_is(&self) -> &Sound {
        &self.0
    }
}
