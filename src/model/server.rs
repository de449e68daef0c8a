//! What a server needs in addition to IIS's configuration: role services, an account with rights, folders, certificates, and
//! an address to request.
//!
//! In: a deployment. Out: a [`ServerPlan`], which is made once, and which the runbook and the scripts render. Absent: the
//! words and commands around it.

use serde::Serialize;

use super::role_services::{self, Features, RoleService};
use super::{
    AccountName, Authentication, Binding, DatabaseKind, Deployment, HostName, IdentityType, Protocol,
    Thumbprint, Version, WindowsPath,
};

/// What must be on the machine that runs Kallithea.
#[derive(Debug, Clone)]
pub(crate) struct ServerPlan {
    /// The account of the worker process.
    pub(crate) account: Account,
    /// Whether the repositories are on a share.
    pub(crate) on_a_share: bool,
    /// Whether the worker process accesses the repositories as the machine: on a share, without a named account.
    pub(crate) on_the_network: bool,
    /// The folder of the ini file.
    pub(crate) ini_folder: WindowsPath,
    /// The folder of the bridge's log.
    pub(crate) log_folder: WindowsPath,
    /// The folders that must exist, none of them Kallithea's own.
    pub(crate) folders: Vec<WindowsPath>,
    /// The rights of the account: read what it runs, change what it writes.
    pub(crate) rights: Vec<Right>,
    /// The certificates of the site's own bindings.
    pub(crate) certificates: Vec<CertificateCommand>,
    /// The certificates of the bindings that clients connect to: in a farm, those of its front.
    pub(crate) public_certificates: Vec<CertificateCommand>,
    /// The commands that add all role services.
    pub(crate) features: Features,
    /// The role services, each with its command.
    pub(crate) role_services: Vec<RoleService>,
    /// The host names that must lead to the server.
    pub(crate) host_names: Vec<HostName>,
    /// Whether users' Kerberos tickets are issued for a named account, which then needs the service's name.
    pub(crate) kerberos_account: bool,
    /// Whether the database runs on a database server, and is not a file of SQLite.
    pub(crate) has_database_server: bool,
    /// Whether pip must install more than Kallithea.
    pub(crate) has_drivers: bool,
    /// Whether Windows is too old for current node.js releases.
    pub(crate) is_old_windows: bool,
    /// Whether the server's Windows supports the PowerShell that the scripts need.
    pub(crate) has_scripts: bool,
    /// The URL that shows whether it works; empty if the spec does not determine it.
    pub(crate) url: String,
    /// The address of this machine at which the site of that URL listens, whatever its name leads to.
    pub(crate) address: String,
}

/// The account of the worker process.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Account {
    /// Its name in Windows; `None` if an existing pool decides.
    pub(crate) name: Option<AccountName>,
    /// What `icacls` accepts for it, even before the pool exists: a SID, or else the name.
    pub(crate) holder: Option<String>,
    /// The SID of the pool's own account, whichever account it runs as; empty if Windows must be asked.
    pub(crate) pool_sid: String,
    /// Whether the author named the account.
    pub(crate) is_named: bool,
    /// Whether the author named it, and Windows does not manage its password.
    pub(crate) needs_password: bool,
    /// The name of a group managed service account as its cmdlets take it, without domain and `$`.
    pub(crate) managed: Option<String>,
}

/// A right on a folder, in the letters of `icacls`.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Right {
    path: WindowsPath,
    right: &'static str,
    /// `pool`, or `machine` if the worker process accesses the folder as the machine.
    holder: &'static str,
}

/// A certificate for HTTP.sys.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CertificateCommand {
    url: String,
    /// The name that the certificate must have; empty if the binding takes every name.
    host_name: HostName,
    /// The address, as `netsh http` accepts it.
    place: String,
    thumbprint: Thumbprint,
    store: String,
    command: String,
}

impl ServerPlan {
    /// What a deployment needs.
    pub(crate) fn of(deployment: &Deployment) -> Self {
        let kallithea = &deployment.kallithea;
        let bindings = deployment.site.own.as_ref().map(|own| own.bindings.as_slice()).unwrap_or_default();
        let account = account(deployment);
        let on_a_share = kallithea.repositories.is_on_a_share();
        let on_the_network = on_a_share && !account.is_named;
        Self {
            on_a_share,
            on_the_network,
            ini_folder: kallithea.ini.folder(),
            log_folder: deployment.bridge.log_file.folder(),
            folders: folders(deployment),
            rights: rights(deployment, on_the_network),
            certificates: certificates(bindings),
            public_certificates: certificates(deployment.public_bindings()),
            features: role_services::features(deployment, account.needs_password),
            role_services: role_services::each(deployment, account.needs_password),
            host_names: deployment.host_names().filter(|host| !host.is_wildcard()).cloned().collect(),
            kerberos_account: account.is_named
                && matches!(deployment.authentication, Authentication::Windows(_)),
            has_database_server: kallithea
                .database
                .as_ref()
                .is_some_and(|database| database.kind != DatabaseKind::Sqlite),
            has_drivers: !deployment.drivers().is_empty(),
            is_old_windows: deployment.target.version < Version::V10_0,
            has_scripts: deployment.target.version >= Version::V7_5,
            url: url(deployment),
            address: address(deployment),
            account,
        }
    }
}

/// The certificates of bindings.
fn certificates(bindings: &[Binding]) -> Vec<CertificateCommand> {
    bindings.iter().filter_map(certificate).collect()
}

fn account(deployment: &Deployment) -> Account {
    let pool = &deployment.pool.name;
    let sid_of_pool = pool.sid();
    let pool_sid = sid_of_pool.clone().unwrap_or_default();
    let Some(own) = &deployment.pool.own else {
        return Account {
            name: None,
            holder: None,
            pool_sid,
            is_named: false,
            needs_password: false,
            managed: None,
        };
    };
    let name = match own.identity {
        IdentityType::ApplicationPoolIdentity => AccountName::of_pool(pool),
        IdentityType::NetworkService => AccountName::of_windows("NETWORK SERVICE"),
        IdentityType::LocalService => AccountName::of_windows("LOCAL SERVICE"),
        IdentityType::LocalSystem => AccountName::of_windows("SYSTEM"),
        IdentityType::SpecificUser => own.user_name.clone().unwrap_or_default(),
    };
    let is_named = own.identity == IdentityType::SpecificUser;
    // By SID, since the names in Windows depend on its language. These are in Microsoft's list of well-known SIDs.
    let sid = match own.identity {
        IdentityType::ApplicationPoolIdentity => sid_of_pool,
        IdentityType::NetworkService => Some("S-1-5-20".to_owned()),
        IdentityType::LocalService => Some("S-1-5-19".to_owned()),
        IdentityType::LocalSystem => Some("S-1-5-18".to_owned()),
        IdentityType::SpecificUser => None,
    };
    let holder = Some(sid.map_or_else(|| name.to_string(), |sid| format!("*{sid}")));
    let is_managed = is_named && name.is_managed();
    let managed =
        is_managed.then(|| name.rsplit('\\').next().unwrap_or_default().trim_end_matches('$').to_owned());
    Account { holder, pool_sid, is_named, needs_password: is_named && !is_managed, managed, name: Some(name) }
}

/// The command that binds a certificate: HTTP.sys stores it, not applicationHost.config. The application id
/// is IIS's own.
fn certificate(binding: &Binding) -> Option<CertificateCommand> {
    let certificate = binding.certificate.as_ref().filter(|_| binding.protocol == Protocol::Https)?;
    let place = if binding.server_name_indication {
        format!("hostnameport={}:{}", binding.host_name, binding.port)
    } else {
        let address = &binding.ip_address;
        let address: &str = if address.is_every() { "0.0.0.0" } else { address };
        format!("ipport={address}:{}", binding.port)
    };
    let host: &str = if binding.host_name.is_any() { &binding.ip_address } else { &binding.host_name };
    Some(CertificateCommand {
        url: format!("https://{host}:{}", binding.port),
        host_name: binding.host_name.clone(),
        place: place.clone(),
        thumbprint: certificate.thumbprint,
        store: certificate.store.clone(),
        command: format!(
            "& $system\\netsh.exe http add sslcert {place} certhash={} certstorename=\"{}\" \"appid={{4dc3e181-e14b-4a21-b022-59fc669b0914}}\"",
            certificate.thumbprint, certificate.store
        ),
    })
}

/// The binding by which to see whether it works: the public one, or else one without a host name. For a farm's node it is what
/// the front connects to, since the public name leads to the front. `None` if the spec does not determine it.
fn asked(deployment: &Deployment) -> Option<&Binding> {
    let nameless = || {
        let is_plain = |binding: &&Binding| binding.host_name.is_any() && binding.protocol == Protocol::Http;
        deployment.site.own.as_ref()?.bindings.iter().find(is_plain)
    };
    match &deployment.farm {
        Some(_) => nameless(),
        None => deployment.public_binding().or_else(nameless),
    }
}

/// The URL to request by that binding: the first page, or what a farm's front requests from a node. Empty if there is none.
fn url(deployment: &Deployment) -> String {
    let Some(binding) = asked(deployment) else { return String::new() };
    let nameless = || {
        let host: &str = if binding.ip_address.is_every() { "localhost" } else { &binding.ip_address };
        let below = deployment.application.path.trim_end_matches('/');
        format!("http://{host}:{}{below}", binding.port)
    };
    match &deployment.farm {
        Some(farm) => nameless() + &farm.health_check.path,
        None => deployment.public_url().unwrap_or_else(nameless) + "/",
    }
}

/// The address at which that binding listens, or this machine's own if it listens at every address (`bindingInformation`).
fn address(deployment: &Deployment) -> String {
    let own = asked(deployment).filter(|binding| !binding.ip_address.is_every());
    own.map_or_else(|| "127.0.0.1".to_owned(), |binding| binding.ip_address.to_string())
}

/// The folders that must exist before the deployment, none of them Kallithea's own.
fn folders(deployment: &Deployment) -> Vec<WindowsPath> {
    let own_site = deployment.site.own.as_ref();
    let log_folder = deployment.bridge.log_file.folder();
    let mut folders =
        vec![deployment.application.physical_path.clone(), deployment.bridge.directory.clone(), log_folder];
    folders.extend(own_site.and_then(|own| own.root_folder.clone()));
    folders
}

/// The folders of what the worker process runs.
fn programs(deployment: &Deployment) -> Vec<&WindowsPath> {
    let python = &deployment.python;
    let mut programs = vec![&deployment.kallithea.distribution, &python.home];
    programs.extend(&python.virtual_environment);
    programs.extend([&deployment.bridge.directory, &deployment.application.physical_path]);
    programs
}

/// The rights of the worker process's account: read what it runs, change what it writes.
fn rights(deployment: &Deployment, on_the_network: bool) -> Vec<Right> {
    let holder = if on_the_network { "machine" } else { "pool" };
    let kallithea = &deployment.kallithea;
    let ini_folder = kallithea.ini.folder();
    let read = programs(deployment).into_iter().cloned();
    let read = read.chain((ini_folder != kallithea.distribution).then_some(ini_folder));
    let read = read.map(|path| Right { path, right: "RX", holder: "pool" });
    let log = Right { path: deployment.bridge.log_file.folder(), right: "M", holder: "pool" };
    let repositories = Right { path: kallithea.repositories.clone(), right: "M", holder };
    read.chain([log, repositories]).collect()
}
