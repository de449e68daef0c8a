//! What a spec means if a key depends on others, or is empty. This is decided once, for the rules and for the model.
//!
//! In: a spec. Out: one value. Absent: whether the spec is right, which the rules decide.

use iis_config::names::DEFAULT_WEB_SITE;
use sha2::{Digest, Sha256};

use crate::kallithea::facts;
use crate::spec::{BindingSpec, ExtendedProtectionFlagSpec, FarmSpec, ProtocolSpec, Spec, WindowsPath};

fn or_below(given: Option<&WindowsPath>, spec: &Spec, rest: &str) -> WindowsPath {
    given.cloned().unwrap_or_else(|| spec.kallithea.distribution.below(rest))
}

/// The application's ini file.
pub fn ini(spec: &Spec) -> WindowsPath {
    or_below(spec.kallithea.ini.as_ref(), spec, facts::INI_FILE)
}

/// The folder of the virtual directory.
pub(crate) fn physical_path(spec: &Spec) -> WindowsPath {
    or_below(spec.virtual_directory.physical_path.as_ref(), spec, "iis")
}

/// The folder of the bridge's DLLs.
pub(crate) fn bridge_directory(spec: &Spec) -> WindowsPath {
    or_below(spec.bridge.directory.as_ref(), spec, "bridge")
}

/// The bridge's log file.
pub(crate) fn log_file(spec: &Spec) -> WindowsPath {
    or_below(spec.bridge.log.file.as_ref(), spec, "logs\\bridge.log")
}

/// The port that a farm's nodes listen on.
pub(crate) fn node_port(spec: &Spec, farm: &FarmSpec) -> u16 {
    let bindings = &spec.site.bindings;
    let port = || bindings.iter().find(|binding| binding.protocol == farm.node_protocol).map(port);
    farm.node_port.or_else(port).unwrap_or(farm.node_protocol.usual_port())
}

/// The port of a binding.
pub(crate) fn port(binding: &BindingSpec) -> u16 {
    binding.port.unwrap_or(binding.protocol.usual_port())
}

/// What clients connect to: the site's bindings, or those of the front of a farm.
pub(crate) fn public_bindings(spec: &Spec) -> &[BindingSpec] {
    spec.farm.as_ref().map_or(&spec.site.bindings, |farm| &farm.front.bindings)
}

/// Whether clients without TLS are refused: as the author says, or if there are only https bindings.
pub(crate) fn tls_required(spec: &Spec) -> bool {
    let bindings = public_bindings(spec);
    let https_alone =
        !bindings.is_empty() && bindings.iter().all(|binding| binding.protocol == ProtocolSpec::Https);
    spec.tls.required.unwrap_or(https_alone)
}

/// The root folder of the deployment's own site, if Kallithea's path is below `/`.
pub(crate) fn root_folder(spec: &Spec) -> Option<WindowsPath> {
    let is_below = !spec.site.existing && spec.virtual_directory.path != "/";
    is_below.then(|| spec.site.physical_path.clone().unwrap_or_else(usual_root_folder))
}

/// The folder that Windows creates for its own site.
pub(crate) fn usual_root_folder() -> WindowsPath {
    inetpub().below("wwwroot")
}

/// The folder that Windows creates for IIS.
pub(crate) fn inetpub() -> WindowsPath {
    "%SystemDrive%\\inetpub".parse().expect("a path of ours")
}

/// The farm's name.
pub(crate) fn farm_name(spec: &Spec, farm: &FarmSpec) -> String {
    farm.name.clone().unwrap_or_else(|| spec.name.clone())
}

/// The number of a site if the author gave none: 1 for the default site of Windows, else a number from 1,000
/// to 999,999 that is derived from the name, so that every build of a spec gives the same one.
pub(crate) fn site_id(name: &str) -> u32 {
    if name.eq_ignore_ascii_case(DEFAULT_WEB_SITE) {
        return 1;
    }
    let digest = Sha256::digest(name.to_lowercase().as_bytes());
    1000 + u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]) % 999_000
}

/// What a sign-on is bound to: as the author says, or else by how clients connect. `None` behind a proxy if the spec does not
/// say how clients reach it. The scenarios are those of page `windowsauthentication/extendedprotection`; if clients use both
/// TLS and plain http, the flags are those of plain http (Win32, `HTTP_CHANNEL_BIND_INFO`).
pub(crate) fn extended_protection_flags(spec: &Spec) -> Option<Vec<ExtendedProtectionFlagSpec>> {
    use ExtendedProtectionFlagSpec::{Proxy, ProxyCohosting};

    let windows = spec.authentication.windows_authentication.clone().unwrap_or_default();
    let is_proxied = spec.farm.is_some() || !spec.bridge.trusted_proxies.is_empty();
    let by_connection = || match (tls_alone(spec), is_proxied) {
        _ if is_proxied && spec.farm.is_none() => None,
        (true, false) => Some(Vec::new()),
        (true, true) => Some(vec![Proxy]),
        (false, _) => Some(vec![Proxy, ProxyCohosting]),
    };
    windows.extended_protection_flags.clone().or_else(by_connection)
}

/// Whether every client uses TLS: plain http is refused, or nothing listens for it.
pub(crate) fn tls_alone(spec: &Spec) -> bool {
    let bindings = public_bindings(spec);
    let has_https_alone =
        !bindings.is_empty() && bindings.iter().all(|binding| binding.protocol == ProtocolSpec::Https);
    tls_required(spec) || has_https_alone
}

/// The names for which clients may have requested a ticket, if IIS must check them: as the author says, or else the names
/// that clients connect to, without duplicates.
pub(crate) fn service_principal_names(spec: &Spec) -> Vec<String> {
    let windows = spec.authentication.windows_authentication.clone().unwrap_or_default();
    let is_looked_at = extended_protection_flags(spec).is_some_and(|flags| {
        flags.contains(&ExtendedProtectionFlagSpec::Proxy)
            && !flags.contains(&ExtendedProtectionFlagSpec::NoServiceNameCheck)
    });
    if !windows.service_principal_names.is_empty() || !is_looked_at {
        return windows.service_principal_names;
    }
    let hosts = public_bindings(spec).iter().map(|binding| &binding.host_name);
    let mut names: Vec<String> = Vec::new();
    for host in hosts.filter(|host| !host.is_any() && !host.is_wildcard()) {
        let name = format!("HTTP/{}", host.to_lowercase());
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
