//! Authentication's defaults.

use crate::check::{SignOn, Sound};
use crate::model::{Authentication, Basic, Container, IdentityType, Ldap, LdapSecurity, Pool, Windows};
use crate::spec::{
    AuthenticationSpec, ExtendedProtectionFlagSpec, ExtendedProtectionSpec, LdapSpec, ProtocolSpec, Spec,
};

pub(super) fn authentication(spec: &Sound, pool: &Pool) -> Authentication {
    match &spec.read().sign_on {
        SignOn::Windows => Authentication::Windows(windows(spec, pool)),
        SignOn::Ldap(directory) => Authentication::Ldap(ldap(directory)),
        SignOn::Internal => Authentication::Internal,
    }
}

fn windows(whole: &Spec, pool: &Pool) -> Windows {
    let spec = &whole.authentication;
    let windows = spec.windows_authentication.clone().unwrap_or_default();
    let is_bound = windows.extended_protection != ExtendedProtectionSpec::None;
    let named_account = pool.own.as_ref().is_some_and(|own| own.identity == IdentityType::SpecificUser);
    Windows {
        providers: windows.providers,
        use_kernel_mode: windows.use_kernel_mode,
        use_app_pool_credentials: windows.use_app_pool_credentials.unwrap_or(named_account),
        extended_protection: windows.extended_protection,
        extended_protection_flags: extended_protection_flags(whole).filter(|_| is_bound).unwrap_or_default(),
        service_principal_names: if is_bound { service_principal_names(whole) } else { Vec::new() },
        domains: spec.domains.clone(),
        basic: spec
            .basic_authentication
            .clone()
            .filter(|basic| basic.enabled)
            .map(|basic| Basic { realm: basic.realm, default_logon_domain: basic.default_logon_domain }),
        container: container(spec),
    }
}

/// To what a sign-on is bound: as the author says, or as clients connect. `None` behind a proxy of which the spec does not say
/// how they reach it. The scenarios are those of page `windowsauthentication/extendedprotection`; with clients by TLS and by
/// plain http alike the flags are those of plain http (Win32, `HTTP_CHANNEL_BIND_INFO`).
pub fn extended_protection_flags(spec: &Spec) -> Option<Vec<ExtendedProtectionFlagSpec>> {
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

/// Whether every client comes by TLS: plain http is refused, or nothing listens for it.
pub fn tls_alone(spec: &Spec) -> bool {
    let bindings = super::public_bindings(spec);
    let has_https_alone =
        !bindings.is_empty() && bindings.iter().all(|binding| binding.protocol == ProtocolSpec::Https);
    super::tls_required(spec) || has_https_alone
}

/// The names for which clients may have asked for a ticket, where IIS is to look at them: as the author says, or those that
/// they connect to, each once.
pub fn service_principal_names(spec: &Spec) -> Vec<String> {
    let windows = spec.authentication.windows_authentication.clone().unwrap_or_default();
    let is_looked_at = extended_protection_flags(spec).is_some_and(|flags| {
        flags.contains(&ExtendedProtectionFlagSpec::Proxy)
            && !flags.contains(&ExtendedProtectionFlagSpec::NoServiceNameCheck)
    });
    if !windows.service_principal_names.is_empty() || !is_looked_at {
        return windows.service_principal_names;
    }
    let hosts = super::public_bindings(spec).iter().map(|binding| binding.host_name.to_lowercase());
    let mut names: Vec<String> = Vec::new();
    for host in hosts.filter(|host| !host.is_empty() && !host.contains('*')) {
        let name = format!("HTTP/{host}");
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn container(spec: &AuthenticationSpec) -> Container {
    let container = spec.container.clone().unwrap_or_default();
    Container {
        header: container.header,
        clean_username: container.clean_username,
        email_header: container.email_header,
        first_name_header: container.first_name_header,
        last_name_header: container.last_name_header,
        fallback_header: container.fallback_header,
    }
}

fn ldap(spec: &LdapSpec) -> Ldap {
    let spec = spec.clone();
    Ldap {
        port: spec.port.unwrap_or(if spec.connection_security == LdapSecurity::Ldaps { 636 } else { 389 }),
        host: spec.host,
        connection_security: spec.connection_security,
        certificate_checks: spec.certificate_checks,
        ca_certificates: spec.ca_certificates,
        bind_account: spec.bind_account,
        base_dn: spec.base_dn,
        filter: spec.filter,
        search_scope: spec.search_scope,
        login_attribute: spec.login_attribute,
        first_name_attribute: spec.first_name_attribute,
        last_name_attribute: spec.last_name_attribute,
        email_attribute: spec.email_attribute,
    }
}
