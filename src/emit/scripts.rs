//! `install.ps1` and `uninstall.ps1`: the runbook's steps for those who prefer a script.
//!
//! What enters: the model. What leaves: two scripts for Windows PowerShell 5.1 that differ between deployments in one table
//! of single-quoted literals alone; their code is the same for all. Absent: scripts for IIS 7.0, whose Windows has no such
//! PowerShell (page "Windows PowerShell System Requirements").
//!
//! Windows PowerShell takes a file without a byte-order mark for one in the code page of the machine (page
//! `about_Character_Encoding`). So a script begins with one where a name or path is not ASCII, and only there.
//!
//! What else the scripts rely on: `appcmd` as in "Start or Stop an Application Pool (IIS 7)"; `netsh http` as in its
//! page below
//! `windows-server/administration/windows-commands`; well-known SIDs ("Security identifiers"), since names of
//! accounts are in the
//! language of Windows; `ProductType` of `Win32_OperatingSystem`, 1 for a workstation; and Microsoft's KB 896861 for
//! the 401 of
//! a server that asks itself.

use iis_config::pool_sid;
use serde::Serialize;

use super::role_services::{self, RoleService};
use super::runbook::{self, CertificateCommand};
use super::{provenance, template};
use crate::model::{Architecture, Authentication, Deployment, OwnSite, Protocol, Version};
use crate::tree::Tree;

#[derive(Serialize)]
struct Scripts<'a> {
    provenance: String,
    name: &'a str,
    spec: &'a str,
    spec_hash: &'a str,
    iis: &'static str,
    bits: &'static str,
    site: &'a str,
    own_site: bool,
    url: String,
    /// The names of a farm's nodes, in words.
    nodes: String,
    windows: bool,
    pool: &'a str,
    own_pool: bool,
    identity: String,
    user_name: &'a str,
    /// The SID of the pool's own account; empty where Windows must be asked.
    pool_sid: String,
    needs_password: bool,
    physical_path: &'a str,
    bridge_directory: &'a str,
    root_folder: &'a str,
    log_file: &'a str,
    ini: &'a str,
    python_home: &'a str,
    environment: &'a str,
    site_packages: String,
    python_library: String,
    python_executable: String,
    style_sheet: String,
    distribution: &'a str,
    repositories: &'a str,
    folders: Vec<String>,
    rights: Vec<Right>,
    certificates: Vec<CertificateCommand>,
    role_services: Vec<RoleService>,
}

/// A right on a folder, in the letters of `icacls`.
#[derive(Serialize)]
struct Right {
    path: String,
    right: &'static str,
    /// `pool`, or `machine` where the worker process reaches the folder as the machine.
    holder: &'static str,
}

pub(super) fn emit(deployment: &Deployment, tree: &mut Tree) {
    if !can_run(deployment) {
        return;
    }
    let templates = [
        ("install.ps1", include_str!("../templates/install.ps1.j2")),
        ("uninstall.ps1", include_str!("../templates/uninstall.ps1.j2")),
    ];
    for (path, text) in templates {
        tree.insert(path, marked(template::fill(text, scripts(deployment))));
    }
}

/// Whether the server's Windows can have the PowerShell that the scripts are for.
pub(super) fn can_run(deployment: &Deployment) -> bool {
    deployment.target.version >= Version::V7_5
}

/// With a byte-order mark where there is something to be mistaken.
fn marked(text: String) -> String {
    if text.is_ascii() { text } else { format!("\u{feff}{text}") }
}

fn scripts(deployment: &Deployment) -> Scripts<'_> {
    let nodes = deployment.farm.iter().flat_map(|farm| &farm.nodes).map(|node| &*node.name);
    let own_site = deployment.site.own.as_ref();
    let own_pool = deployment.pool.own.as_ref();
    let python = &deployment.python;
    Scripts {
        provenance: provenance(deployment),
        name: &deployment.name,
        spec: &deployment.origin.file,
        spec_hash: &deployment.origin.sha256,
        iis: deployment.target.version.number(),
        bits: if deployment.target.architecture == Architecture::X64 { "64" } else { "32" },
        site: &deployment.site.name,
        own_site: own_site.is_some(),
        url: url(deployment),
        nodes: nodes.collect::<Vec<_>>().join(", "),
        windows: matches!(deployment.authentication, Authentication::Windows(_)),
        pool: &deployment.pool.name,
        own_pool: own_pool.is_some(),
        identity: own_pool.map(|own| own.identity.as_iis().to_owned()).unwrap_or_default(),
        user_name: own_pool.and_then(|own| own.user_name.as_deref()).unwrap_or_default(),
        pool_sid: pool_sid(&deployment.pool.name).unwrap_or_default(),
        needs_password: runbook::account(deployment).needs_password,
        physical_path: &deployment.application.physical_path,
        bridge_directory: &deployment.bridge.directory,
        root_folder: own_site.and_then(|own| own.root_folder.as_deref()).unwrap_or_default(),
        log_file: &deployment.bridge.log_file,
        ini: &deployment.kallithea.ini,
        python_home: &python.home,
        environment: python.virtual_environment.as_deref().unwrap_or_default(),
        site_packages: python.packages(),
        python_library: format!("{}\\{}", python.home, python.library()),
        python_executable: python.executable(),
        style_sheet: format!(r"{}\kallithea\public\css\style.css", python.packages()),
        distribution: &deployment.kallithea.distribution,
        repositories: &deployment.kallithea.repositories,
        folders: folders(deployment),
        rights: rights(deployment),
        certificates: own_site.map(certificates).unwrap_or_default(),
        role_services: role_services::each(deployment),
    }
}

fn certificates(own: &OwnSite) -> Vec<CertificateCommand> {
    own.bindings.iter().filter_map(runbook::certificate).collect()
}

/// What to ask for to see whether it works: the first page, by the name that people know, or else by a binding that needs
/// none; of a farm's node what the front asks it for, since that name leads to the front. Nothing where the spec does not
/// tell it.
pub(super) fn url(deployment: &Deployment) -> String {
    let below = deployment.application.path.trim_end_matches('/');
    let nameless = || {
        let own = deployment.site.own.as_ref()?;
        let plain = |host: &str, protocol| host.is_empty() && protocol == Protocol::Http;
        let binding = own.bindings.iter().find(|binding| plain(&binding.host_name, binding.protocol))?;
        let host = if binding.ip_address == "*" { "localhost" } else { &binding.ip_address };
        Some(format!("http://{host}:{}{below}", binding.port))
    };
    let url = match &deployment.farm {
        Some(farm) => nameless().map(|url| url + &farm.health_check.path),
        None => deployment.public_url().or_else(nameless).map(|url| url + "/"),
    };
    url.unwrap_or_default()
}

/// The folders that the deployment must find, none of them Kallithea's own.
fn folders(deployment: &Deployment) -> Vec<String> {
    let own_site = deployment.site.own.as_ref();
    let log_folder = runbook::folder_of(&deployment.bridge.log_file);
    let mut folders =
        vec![deployment.application.physical_path.clone(), deployment.bridge.directory.clone(), log_folder];
    folders.extend(own_site.and_then(|own| own.root_folder.clone()));
    folders
}

/// The folders of what the worker process runs.
fn programs(deployment: &Deployment) -> Vec<&str> {
    let python = &deployment.python;
    let mut programs = vec![&*deployment.kallithea.distribution, &*python.home];
    programs.extend(python.virtual_environment.as_deref());
    programs.extend([&*deployment.bridge.directory, &*deployment.application.physical_path]);
    programs
}

/// What the account of the worker process may do: read what it runs, change what it writes.
fn rights(deployment: &Deployment) -> Vec<Right> {
    let account = runbook::account(deployment);
    let holder = if runbook::on_the_network(deployment, &account) { "machine" } else { "pool" };
    let kallithea = &deployment.kallithea;
    let ini_folder = runbook::folder_of(&kallithea.ini);
    let read = programs(deployment).into_iter().map(str::to_owned);
    let read = read.chain((ini_folder != kallithea.distribution).then_some(ini_folder));
    let read = read.map(|path| Right { path, right: "RX", holder: "pool" });
    let log = Right { path: runbook::folder_of(&deployment.bridge.log_file), right: "M", holder: "pool" };
    let repositories = Right { path: kallithea.repositories.clone(), right: "M", holder };
    read.chain([log, repositories]).collect()
}
