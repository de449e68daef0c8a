//! A deployment on several machines: the farm, its front server, and what the nodes share.

use super::{
    Application, Binding, DatabaseKind, Deployment, HostName, MachineName, Pool, Protocol, Site, TimeSpan,
    WindowsPath,
};

/// A kind of machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Machine {
    /// It runs Kallithea.
    Node,
    /// It passes requests on to the nodes of a farm.
    Front,
}

/// A web farm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Farm {
    /// Its name.
    pub name: String,
    /// The front server's site.
    pub front: Site,
    /// The front server's own pool.
    pub pool: Pool,
    /// The folder of the front's site.
    pub physical_path: WindowsPath,
    /// Kallithea's path on the nodes: nothing, or `/name`.
    pub path: String,
    /// The machines that run Kallithea.
    pub nodes: Vec<Node>,
    /// The protocol between the front and the nodes.
    pub protocol: Protocol,
    /// The port that they listen on.
    pub port: u16,
    /// How long the front waits for them.
    pub timeout: TimeSpan,
    /// How the front finds out which of them can serve.
    pub health_check: HealthCheck,
    /// The cookie that keeps a browser on one node, if that is wanted.
    pub affinity_cookie: Option<String>,
}

/// A machine that runs Kallithea.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Where the front reaches it.
    pub address: MachineName,
}

/// How the front finds out which nodes can serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthCheck {
    /// Below the application.
    pub path: String,
    /// How often.
    pub interval: TimeSpan,
    /// How long an answer may take.
    pub timeout: TimeSpan,
    /// What an answer must contain.
    pub expect: Option<String>,
}

/// Kallithea's database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// Its kind.
    pub kind: DatabaseKind,
    /// Its machine and port; `None` for a file.
    pub server: Option<(MachineName, u16)>,
    /// Its name.
    pub name: String,
    /// The account.
    pub user: String,
}

impl Deployment {
    /// The same for the front server of its farm, if it has one: a deployment with another name, since its parts belong
    /// to another file.
    pub fn front(&self) -> Option<Self> {
        let farm = self.farm.as_ref()?;
        Some(Self {
            name: format!("{} front", self.name),
            machine: Machine::Front,
            site: farm.front.clone(),
            pool: farm.pool.clone(),
            application: Application { path: "/".to_owned(), physical_path: farm.physical_path.clone() },
            tracing: None,
            warm_up_page: None,
            ..self.clone()
        })
    }

    /// What clients connect to.
    pub fn public_bindings(&self) -> &[Binding] {
        let site = self.farm.as_ref().map_or(&self.site, |farm| &farm.front);
        site.own.as_ref().map_or(&[], |own| &own.bindings)
    }

    /// The host names that clients use, without duplicates.
    pub(crate) fn host_names(&self) -> impl Iterator<Item = &HostName> {
        let bindings = self.public_bindings();
        bindings.iter().enumerate().filter_map(move |(index, binding)| {
            let is_new = !bindings[..index].iter().any(|other| other.host_name == binding.host_name);
            (is_new && !binding.host_name.is_any()).then_some(&binding.host_name)
        })
    }

    /// The URL that users type, if the bindings have exactly one host name.
    pub(crate) fn public_url(&self) -> Option<String> {
        let origin = self.public_origin()?;
        Some(origin + self.application.path.trim_end_matches('/'))
    }

    /// The binding of that URL: one with a host name, with TLS if there is one.
    pub(crate) fn public_binding(&self) -> Option<&Binding> {
        let named = |binding: &&Binding| !binding.host_name.is_any() && !binding.host_name.is_wildcard();
        let secure = |binding: &&Binding| binding.protocol == Protocol::Https;
        let bindings = || self.public_bindings().iter().filter(named);
        bindings().find(secure).or_else(|| bindings().next())
    }

    /// The part of that URL before the path.
    pub(crate) fn public_origin(&self) -> Option<String> {
        let binding = self.public_binding()?;
        let scheme = binding.protocol.as_iis();
        let port = if binding.port == binding.protocol.usual_port() {
            String::new()
        } else {
            format!(":{}", binding.port)
        };
        Some(format!("{scheme}://{}{port}", binding.host_name))
    }

    /// Whether the IIS that runs Kallithea refuses requests without TLS. A front may already have ended TLS.
    pub(crate) fn tls_at_node(&self) -> bool {
        self.tls.required && self.farm.as_ref().is_none_or(|farm| farm.protocol == Protocol::Https)
    }
}
