//! What Windows must provide for a deployment: the role services, and the command that adds each.
//!
//! What enters: the model. What leaves: the names in Windows Server and in Windows, and commands. Absent: asking a server.
//! The names are those of Microsoft's pages "Understanding Setup in IIS 7" (the features of Windows) and
//! "Install-WindowsFeature" with `Get-WindowsFeature` (the role services); the commands are from the pages
//! `module/servermanager/install-windowsfeature`, `module/dism/enable-windowsoptionalfeature` and, for older releases,
//! `ServerManagerCmd.exe`, `Add-WindowsFeature` and `dism.exe`.

use serde::Serialize;

use super::{Authentication, Deployment, Version};

/// The commands that add all role services.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Features {
    server: String,
    client: Option<String>,
}

/// A role service, with the command that adds only this one.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RoleService {
    server: &'static str,
    on_server: String,
    client: &'static str,
    on_client: String,
}

/// A role service that a deployment needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Needed {
    /// IIS's module that comes with it.
    pub module: &'static str,
    /// The part of the deployment that needs it.
    pub what: &'static str,
    /// Its name on Windows Server ("Web Server (IIS) role").
    pub server: &'static str,
    /// Its name on Windows (optional features).
    pub client: &'static str,
}

/// The role services that a deployment needs on the machine that runs Kallithea.
pub(crate) fn needed(deployment: &Deployment) -> Vec<Needed> {
    let (windows, basic) = match &deployment.authentication {
        Authentication::Windows(windows) => (true, windows.basic.is_some()),
        Authentication::Ldap(_) | Authentication::Internal => (false, false),
    };
    let need = |module, what, server, client| Needed { module, what, server, client };
    let filtering = "the request filtering of the web.config";
    let wanted = [
        (true, need("IsapiModule", "the bridge", "Web-ISAPI-Ext", "IIS-ISAPIExtensions")),
        (true, need("RequestFilteringModule", filtering, "Web-Filtering", "IIS-RequestFiltering")),
        (
            windows,
            need(
                "WindowsAuthenticationModule",
                "Windows authentication",
                "Web-Windows-Auth",
                "IIS-WindowsAuthentication",
            ),
        ),
        (
            basic,
            need(
                "BasicAuthenticationModule",
                "Basic authentication",
                "Web-Basic-Auth",
                "IIS-BasicAuthentication",
            ),
        ),
        (
            deployment.warm_up_page.is_some(),
            need(
                "ApplicationInitializationModule",
                "the start with the pool",
                "Web-AppInit",
                "IIS-ApplicationInit",
            ),
        ),
        (
            deployment.tracing.is_some(),
            need(
                "FailedRequestsTracingModule",
                "failed request tracing",
                "Web-Http-Tracing",
                "IIS-HttpTracing",
            ),
        ),
    ];
    wanted.into_iter().filter(|(is_wanted, _)| *is_wanted).map(|(_, needed)| needed).collect()
}

/// Names in Windows Server and in Windows. Without HTTP logging nobody sees the numbers that explain an error of IIS. IIS's module
/// for PowerShell sets a pool's password.
fn names(deployment: &Deployment, needs_password: bool) -> Vec<(&'static str, &'static str)> {
    let tools = needs_password.then_some(("Web-Scripting-Tools", "IIS-ManagementScriptingTools"));
    let log = [("Web-Http-Logging", "IIS-HttpLogging")];
    needed(deployment)
        .into_iter()
        .map(|needed| (needed.server, needed.client))
        .chain(log)
        .chain(tools)
        .collect()
}

/// The commands for a user who adds everything at once.
pub(super) fn features(deployment: &Deployment, needs_password: bool) -> Features {
    let names = names(deployment, needs_password);
    let server: Vec<&str> =
        std::iter::once("Web-Server").chain(names.iter().map(|(name, _)| *name)).collect();
    let client: Vec<&str> = names.iter().map(|(_, name)| *name).collect();
    match deployment.target.version {
        Version::V7_0 => {
            let each: Vec<String> =
                server.iter().map(|name| format!("ServerManagerCmd.exe -install {name}")).collect();
            Features { server: each.join("\n"), client: None }
        }
        Version::V7_5 => Features {
            server: format!("Import-Module ServerManager; Add-WindowsFeature {}", server.join(", ")),
            client: None,
        },
        _ => Features {
            server: format!("Install-WindowsFeature {} -IncludeManagementTools", server.join(", ")),
            client: Some(format!(
                "Enable-WindowsOptionalFeature -Online -All -FeatureName {}",
                client.join(", ")
            )),
        },
    }
}

/// Each role service separately, for a script that reports which one is missing.
pub(super) fn each(deployment: &Deployment, needs_password: bool) -> Vec<RoleService> {
    let mut all = vec![("Web-Server", "IIS-WebServer")];
    all.extend(names(deployment, needs_password));
    let version = deployment.target.version;
    all.into_iter().map(|(server, client)| role_service(server, client, version)).collect()
}

fn role_service(server: &'static str, client: &'static str, version: Version) -> RoleService {
    let (on_server, on_client) = if version <= Version::V7_5 {
        (
            format!("Import-Module ServerManager; Add-WindowsFeature {server}"),
            format!("dism.exe /Online /Enable-Feature /FeatureName:{client}"),
        )
    } else {
        (
            format!("Install-WindowsFeature -Name {server}"),
            format!("Enable-WindowsOptionalFeature -Online -All -FeatureName {client}"),
        )
    };
    RoleService { server, on_server, client, on_client }
}
