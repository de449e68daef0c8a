//! `install.ps1` and `uninstall.ps1`: the runbook's steps for those who prefer a script.
//!
//! What enters: the model. What leaves: two scripts for Windows PowerShell 5.1 that differ between deployments only in one
//! table of single-quoted literals; their code is always the same. Absent: scripts for IIS 7.0, whose Windows does not have
//! this PowerShell (page "Windows PowerShell System Requirements").
//!
//! Windows PowerShell assumes the machine's code page for a file without a byte-order mark (page
//! `about_Character_Encoding`). So a script begins with one if a name or path is not ASCII, and only then.
//!
//! The scripts also rely on: `appcmd` as in "Start or Stop an Application Pool (IIS 7)" and, for worker processes, "Getting
//! Started with AppCmd.exe"; `shutdownTimeLimit` of the page "Process Model Settings for an Application Pool"; `netsh http` as in
//! its page below `windows-server/administration/windows-commands`; well-known SIDs ("Security identifiers"), since names of
//! accounts are in the language of Windows; `ProductType` of `Win32_OperatingSystem`, 1 for a workstation; "Http.sys registry
//! settings for Windows" for the limits of headers; `about_Try_Catch_Finally`, by which a `finally` block also runs after Ctrl+C;
//! `HttpWebRequest.Host`, which names the site whatever address is asked; and Microsoft's KB 896861 for the 401 when a server
//! requests its own site.

use serde::Serialize;

use crate::hash::sha256;
use crate::kallithea::{self, facts};
use crate::model::role_services::RoleService;
use crate::model::server::{CertificateCommand, Right, ServerPlan};
use crate::model::{Architecture, Authentication, Deployment, LogLevel, WindowsPath};
use crate::template::{self, provenance};
use crate::tree::Tree;

#[derive(Serialize)]
struct Scripts<'a> {
    provenance: String,
    name: &'a str,
    spec: &'a str,
    spec_hash: String,
    iis: &'static str,
    bits: &'static str,
    site: &'a str,
    own_site: bool,
    url: &'a str,
    /// This machine's own address at which the site listens.
    address: &'a str,
    /// Whether the bridge's log has a line for every request.
    logs_requests: bool,
    /// The names of a farm's nodes.
    nodes: Vec<&'a str>,
    windows: bool,
    pool: &'a str,
    own_pool: bool,
    identity: String,
    user_name: &'a str,
    /// The SID of the pool's own account; empty if Windows must be asked.
    pool_sid: &'a str,
    needs_password: bool,
    physical_path: &'a str,
    bridge_directory: &'a str,
    root_folder: &'a str,
    log_file: &'a str,
    ini: &'a str,
    python_home: &'a str,
    environment: &'a str,
    site_packages: WindowsPath,
    python_library: WindowsPath,
    python_executable: WindowsPath,
    /// The version of the application's adjustments that this Python must have.
    adjustments: &'static str,
    style_sheet: WindowsPath,
    /// The script that sets the settings in the database, from the folder of the outputs.
    settings_script: String,
    settings_step: &'static str,
    /// A folder of packages from which Python runs nothing.
    front_end_modules: &'static str,
    distribution: &'a str,
    repositories: &'a str,
    folders: &'a [WindowsPath],
    rights: &'a [Right],
    certificates: &'a [CertificateCommand],
    role_services: &'a [RoleService],
}

pub(super) fn emit(deployment: &Deployment, plan: &ServerPlan, tree: &mut Tree) {
    if !plan.has_scripts {
        return;
    }
    let templates = [
        ("install.ps1", include_str!("../templates/install.ps1.j2")),
        ("uninstall.ps1", include_str!("../templates/uninstall.ps1.j2")),
    ];
    for (path, text) in templates {
        tree.insert(
            path,
            marked(template::fill_with(text, &kallithea::TEMPLATES, scripts(deployment, plan))),
        );
    }
}

/// With a byte-order mark if the text is not ASCII.
fn marked(text: String) -> String {
    if text.is_ascii() { text } else { format!("\u{feff}{text}") }
}

fn scripts<'a>(deployment: &'a Deployment, plan: &'a ServerPlan) -> Scripts<'a> {
    let nodes = deployment.farm.iter().flat_map(|farm| &farm.nodes).map(|node| &*node.name);
    let own_site = deployment.site.own.as_ref();
    let own_pool = deployment.pool.own.as_ref();
    let python = &deployment.python;
    Scripts {
        provenance: provenance(deployment),
        name: &deployment.name,
        spec: deployment.origin.on_server(),
        spec_hash: match &deployment.origin.merged {
            Some(merged) => sha256(merged.as_bytes()),
            None => deployment.origin.sha256.clone(),
        },
        iis: deployment.target.version.number(),
        bits: if deployment.target.architecture == Architecture::X64 { "64" } else { "32" },
        site: &deployment.site.name,
        own_site: own_site.is_some(),
        url: &plan.url,
        address: &plan.address,
        logs_requests: matches!(deployment.bridge.log_level, LogLevel::Info | LogLevel::Debug),
        nodes: nodes.collect(),
        windows: matches!(deployment.authentication, Authentication::Windows(_)),
        pool: &deployment.pool.name,
        own_pool: own_pool.is_some(),
        identity: own_pool.map(|own| own.identity.as_iis().to_owned()).unwrap_or_default(),
        user_name: own_pool.and_then(|own| own.user_name.as_deref()).unwrap_or_default(),
        pool_sid: &plan.account.pool_sid,
        needs_password: plan.account.needs_password,
        physical_path: &deployment.application.physical_path,
        bridge_directory: &deployment.bridge.directory,
        root_folder: own_site.and_then(|own| own.root_folder.as_deref()).unwrap_or_default(),
        log_file: &deployment.bridge.log_file,
        ini: &deployment.kallithea.ini,
        python_home: &python.home,
        environment: python.virtual_environment.as_deref().unwrap_or_default(),
        site_packages: python.packages(),
        python_library: python.home.below(&python.library()),
        python_executable: python.executable(),
        adjustments: facts::COMPATIBILITY,
        style_sheet: python.packages().below(facts::STYLE_SHEET),
        settings_script: format!(r"kallithea\{}", facts::SETTINGS_SCRIPT),
        settings_step: facts::SETTINGS_STEP,
        front_end_modules: facts::FRONT_END_MODULES,
        distribution: &deployment.kallithea.distribution,
        repositories: &deployment.kallithea.repositories,
        folders: &plan.folders,
        rights: &plan.rights,
        certificates: &plan.certificates,
        role_services: &plan.role_services,
    }
}
