//! `RUNBOOK.md`: the steps on the server for exactly this deployment, in order, with the commands.

mod fragments;

use serde::Serialize;

use crate::kallithea::{self, facts};
use crate::manifest::DISPATCH_DLL;
use crate::model::role_services::Features;
use crate::model::server::{Account, CertificateCommand, ServerPlan};
use crate::model::{Architecture, Authentication, Deployment, Farm, HostName, Provider, WindowsPath};
use crate::template::{self, provenance};
use crate::tree::Tree;
use fragments::{Fragment, fragments};

#[derive(Serialize)]
struct Runbook<'a> {
    provenance: String,
    name: &'a str,
    /// The spec's file name.
    spec: &'a str,
    spec_path: String,
    is_merged: bool,
    iis: &'static str,
    windows_releases: String,
    features: &'a Features,
    bits: u8,
    python: PythonFacts<'a>,
    distribution: &'a str,
    ini: &'a str,
    settings_script: &'static str,
    ini_folder: &'a WindowsPath,
    repositories: &'a str,
    /// Whether the repositories are on a share, whose permissions are set on another machine.
    on_a_share: bool,
    /// Whether the database runs on a database server, and is not a file of SQLite.
    database_server: bool,
    /// Whether Windows is too old for current node.js releases.
    old_windows: bool,
    site: SiteFacts<'a>,
    path: &'a str,
    location: String,
    physical_path: &'a str,
    pool: &'a str,
    own_pool: bool,
    account: &'a Account,
    /// Whether the repositories are accessed with the machine's account: on a share, without a named account.
    on_the_network: bool,
    certificates: &'a [CertificateCommand],
    host_names: &'a [HostName],
    url: &'a str,
    sign_on: SignOn<'a>,
    kerberos_account: bool,
    manual_activation: bool,
    tracing_directory: Option<&'a str>,
    bridge: BridgeFacts<'a>,
    scripts: bool,
    fragments: Vec<Fragment>,
    max_body: u32,
    farm: Option<FarmChapter<'a>>,
}

#[derive(Serialize)]
struct PythonFacts<'a> {
    home: &'a str,
    version: String,
    library: String,
    executable: WindowsPath,
    scripts: WindowsPath,
    packages: WindowsPath,
    /// The release to install.
    release: String,
    virtual_environment: Option<&'a str>,
    /// The version of the package with Kallithea's adjustments.
    adjustments: &'static str,
    /// Whether pip must install more, for a database server or a directory.
    drivers: bool,
    /// The name of python-ldap's wheel.
    ldap_wheel: String,
}

#[derive(Serialize)]
struct SiteFacts<'a> {
    name: &'a str,
    id: u32,
    is_own: bool,
    root_folder: Option<&'a str>,
}

/// Who tells Kallithea who a user is.
#[derive(Serialize)]
struct SignOn<'a> {
    windows: bool,
    /// Whether Windows authentication offers only Kerberos.
    kerberos_alone: bool,
    /// Whether requests come through a front or another proxy.
    proxied: bool,
    cleaned: bool,
    any_domain: bool,
    basic: bool,
    ldap: bool,
    bind_account: Option<&'a str>,
    /// The folder of the directory's certificates.
    certificates: Option<&'a str>,
}

#[derive(Serialize)]
struct BridgeFacts<'a> {
    directory: &'a str,
    dispatch_dll: &'static str,
    engine_dll: String,
    log_file: &'a str,
    log_folder: &'a WindowsPath,
    git: Option<&'a str>,
}

/// The contents of the chapter on the farm.
#[derive(Serialize)]
struct FarmChapter<'a> {
    name: &'a str,
    nodes: Vec<FarmNode<'a>>,
    protocol: &'static str,
    port: u16,
    health_path: String,
    physical_path: &'a str,
    site: &'a str,
    pool: &'a str,
    trusted: Vec<String>,
    host_names: Vec<&'a HostName>,
    certificates: &'a [CertificateCommand],
    fragments: Vec<Fragment>,
    database: Option<String>,
}

#[derive(Serialize)]
struct FarmNode<'a> {
    name: &'a str,
    address: &'a str,
}

pub(super) fn emit(deployment: &Deployment, plan: &ServerPlan, engine_dll: String, tree: &mut Tree) {
    let text = template::fill_with(
        include_str!("../templates/RUNBOOK.md.j2"),
        &kallithea::TEMPLATES,
        runbook(deployment, plan, engine_dll),
    );
    tree.insert("RUNBOOK.md", text);
}

fn runbook<'a>(deployment: &'a Deployment, plan: &'a ServerPlan, engine_dll: String) -> Runbook<'a> {
    Runbook {
        provenance: provenance(deployment),
        name: &deployment.name,
        spec: deployment.origin.on_server(),
        spec_path: deployment.origin.path_on_server(),
        is_merged: deployment.origin.merged.is_some(),
        iis: deployment.target.version.number(),
        windows_releases: deployment.target.version.windows_releases().join(", "),
        features: &plan.features,
        bits: if deployment.target.architecture == Architecture::X64 { 64 } else { 32 },
        python: python(deployment, plan),
        distribution: &deployment.kallithea.distribution,
        ini: &deployment.kallithea.ini,
        settings_script: facts::SETTINGS_SCRIPT,
        ini_folder: &plan.ini_folder,
        on_a_share: plan.on_a_share,
        database_server: plan.has_database_server,
        old_windows: plan.is_old_windows,
        repositories: &deployment.kallithea.repositories,
        site: site(deployment),
        path: &deployment.application.path,
        location: deployment.location(),
        physical_path: &deployment.application.physical_path,
        pool: &deployment.pool.name,
        own_pool: deployment.pool.own.is_some(),
        on_the_network: plan.on_the_network,
        kerberos_account: plan.kerberos_account,
        sign_on: sign_on(deployment),
        account: &plan.account,
        certificates: &plan.certificates,
        host_names: &plan.host_names,
        url: &plan.url,
        manual_activation: deployment.activation == crate::model::Activation::Manual,
        tracing_directory: deployment.tracing.as_ref().map(|tracing| &*tracing.directory),
        bridge: bridge(deployment, &plan.log_folder, engine_dll),
        scripts: plan.has_scripts,
        fragments: fragments(deployment),
        max_body: deployment.limits.max_allowed_content_length,
        farm: deployment.farm.as_ref().map(|farm| farm_chapter(deployment, plan, farm)),
    }
}

fn python<'a>(deployment: &'a Deployment, plan: &ServerPlan) -> PythonFacts<'a> {
    let python = &deployment.python;
    PythonFacts {
        home: &python.home,
        version: python.version.to_string(),
        library: python.library(),
        executable: python.executable(),
        scripts: python.scripts(),
        packages: python.packages(),
        release: python.release(),
        virtual_environment: python.virtual_environment.as_deref(),
        adjustments: facts::COMPATIBILITY,
        drivers: plan.has_drivers,
        ldap_wheel: python.ldap_wheel(deployment.target.architecture),
    }
}

fn site(deployment: &Deployment) -> SiteFacts<'_> {
    let own = deployment.site.own.as_ref();
    SiteFacts {
        name: &deployment.site.name,
        id: deployment.site.id,
        is_own: own.is_some(),
        root_folder: own.and_then(|own| own.root_folder.as_deref()),
    }
}

fn sign_on(deployment: &Deployment) -> SignOn<'_> {
    let nobody = SignOn {
        windows: false,
        kerberos_alone: false,
        proxied: deployment.farm.is_some() || !deployment.bridge.trusted_proxies.is_empty(),
        cleaned: false,
        any_domain: false,
        basic: false,
        ldap: false,
        bind_account: None,
        certificates: None,
    };
    match &deployment.authentication {
        Authentication::Windows(windows) => SignOn {
            windows: true,
            kerberos_alone: windows.providers == [Provider::Kerberos],
            cleaned: windows.container.clean_username,
            any_domain: windows.domains.is_empty(),
            basic: windows.basic.is_some(),
            ..nobody
        },
        Authentication::Ldap(ldap) => {
            let [bind_account, certificates] = [&ldap.bind_account, &ldap.ca_certificates]
                .map(|text| Some(text.as_str()).filter(|text| !text.is_empty()));
            SignOn { ldap: true, bind_account, certificates, ..nobody }
        }
        Authentication::Internal => nobody,
    }
}

fn bridge<'a>(
    deployment: &'a Deployment,
    log_folder: &'a WindowsPath,
    engine_dll: String,
) -> BridgeFacts<'a> {
    BridgeFacts {
        directory: &deployment.bridge.directory,
        dispatch_dll: DISPATCH_DLL,
        engine_dll,
        log_file: &deployment.bridge.log_file,
        log_folder,
        git: deployment.bridge.git.as_deref(),
    }
}

fn farm_chapter<'a>(deployment: &'a Deployment, plan: &'a ServerPlan, farm: &'a Farm) -> FarmChapter<'a> {
    FarmChapter {
        name: &farm.name,
        nodes: farm.nodes.iter().map(|node| FarmNode { name: &node.name, address: &node.address }).collect(),
        protocol: farm.protocol.as_iis(),
        port: farm.port,
        health_path: format!("{}{}", farm.path, farm.health_check.path),
        physical_path: &farm.physical_path,
        site: &farm.front.name,
        pool: &farm.pool.name,
        trusted: deployment
            .bridge
            .trusted_proxies
            .iter()
            .map(|(address, prefix)| format!("{address}/{prefix}"))
            .collect(),
        host_names: deployment.host_names().collect(),
        certificates: &plan.public_certificates,
        fragments: deployment.front().map(|front| fragments(&front)).unwrap_or_default(),
        database: deployment
            .kallithea
            .database
            .as_ref()
            .and_then(|database| database.server.as_ref())
            .map(|(server, port)| format!("{server}:{port}")),
    }
}
