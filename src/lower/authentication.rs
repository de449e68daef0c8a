//! Authentication's defaults.

use crate::check::{SignOn, Sound};
use crate::defaults;
use crate::model::{Authentication, Basic, Container, IdentityType, Ldap, LdapSecurity, Pool, Windows};
use crate::spec::{AuthenticationSpec, ExtendedProtectionSpec, LdapSpec, Spec};

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
        extended_protection_flags: defaults::extended_protection_flags(whole)
            .filter(|_| is_bound)
            .unwrap_or_default(),
        service_principal_names: if is_bound { defaults::service_principal_names(whole) } else { Vec::new() },
        domains: spec.domains.clone(),
        basic: spec
            .basic_authentication
            .clone()
            .filter(|basic| basic.enabled)
            .map(|basic| Basic { realm: basic.realm, default_logon_domain: basic.default_logon_domain }),
        container: container(spec),
    }
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
