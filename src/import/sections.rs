//! The sections of `system.webServer` that a spec decides: sign-on, TLS, limits, which sections are unlocked.

use iis_config::effective::Effective;
use iis_config::markup::Element;

use super::draft::{Draft, File, Why};
use super::server::Server;
use crate::defaults::{self, tls_required};
use crate::model::LOCKABLE_SECTIONS;
use crate::spec::{
    BasicAuthenticationSpec, ExtendedProtectionFlagSpec, ExtendedProtectionSpec, IdentityTypeSpec, ModeSpec,
    ProviderSpec, StrictTransportSecuritySpec, WindowsAuthenticationSpec, pointer,
};
use iis_config::locks::lock;

const ACCESS: &str = "system.webServer/security/access";
const ANONYMOUS: &str = "system.webServer/security/authentication/anonymousAuthentication";
const BASIC: &str = "system.webServer/security/authentication/basicAuthentication";
const WINDOWS: &str = "system.webServer/security/authentication/windowsAuthentication";
const FILTERING: &str = "system.webServer/security/requestFiltering";
const PROTOCOL: &str = "system.webServer/httpProtocol";

pub(super) fn read(server: &Server<'_, '_>, draft: &mut Draft) {
    let effective = server.effective();
    unlocked(server, draft);
    transport(server, &effective, draft);
    authentication(&effective, draft);
    limits(server, &effective, draft);
}

/// Sections that the server allows in a web.config. A section in the application's own `<location>` stays there: for
/// the spec it counts as locked.
fn unlocked(server: &Server<'_, '_>, draft: &mut Draft) {
    let (host, own) = (server.host, server.location());
    let site = server.site.value("name").unwrap_or_default();
    let of_application = host.named(host.root(), "location").filter(|location| location.says("path", &own));
    let modes = of_application.filter_map(|location| location.attribute("overrideMode"));
    modes.for_each(|mode| draft.take(File::Host, mode.offset));
    for path in LOCKABLE_SECTIONS {
        let parts: Vec<&str> = path.split('/').collect();
        let locations = || {
            let all = host.named(host.root(), "location");
            all.filter(|location| host.descend(location, &parts).is_some())
        };
        let is_ours = locations().any(|location| location.says("path", &own));
        let opens =
            |location: &Element<'_>| location.says("overrideMode", "Allow") && location.says("path", site);
        let is_open = lock(host, path).is_some_and(|lock| !lock.locked) || locations().any(opens);
        if is_open && !is_ours {
            draft.spec.target.unlocked_sections.push((*path).to_owned());
        }
    }
}

fn transport(server: &Server<'_, '_>, effective: &Effective<'_, '_>, draft: &mut Draft) {
    let flags = effective.value(ACCESS, "", "sslFlags").to_lowercase();
    let is_required = flags.split(',').any(|flag| matches!(flag.trim(), "ssl" | "ssl128"));
    if is_required != tls_required(&draft.spec) {
        draft.spec.tls.required = Some(is_required);
    }
    if flags.contains("cert") {
        draft.remark(
            pointer!(tls.required),
            "The server also asks for client certificates (sslFlags); the spec has no key for that.",
        );
    }
    draft.spec.tls.strict_transport_security = of_site(server, draft).or_else(|| of_header(effective, draft));
}

/// IIS's own switch, since version 10.0: page `system.applicationhost/sites/site/hsts`.
fn of_site(server: &Server<'_, '_>, draft: &mut Draft) -> Option<StrictTransportSecuritySpec> {
    let hsts = server.host.descend(server.site, &["hsts"]).filter(|hsts| hsts.says("enabled", "true"))?;
    draft.take(File::Host, hsts.offset);
    let max_age = hsts.value("max-age").and_then(|age| age.parse().ok()).unwrap_or_default();
    Some(StrictTransportSecuritySpec { max_age, include_sub_domains: hsts.says("includeSubDomains", "true") })
}

fn of_header(effective: &Effective<'_, '_>, draft: &mut Draft) -> Option<StrictTransportSecuritySpec> {
    let headers = effective.entries(PROTOCOL, "customHeaders", "name");
    let header = headers.into_iter().find(|header| header.says("name", "Strict-Transport-Security"))?;
    let value = header.value("value")?.to_lowercase();
    let mut parts = value.split(';').map(str::trim);
    let max_age =
        parts.clone().find_map(|part| part.strip_prefix("max-age=")?.trim_matches('"').parse().ok())?;
    let include_sub_domains = parts.any(|part| part == "includesubdomains");
    draft.take(file_of(effective, header), header.offset);
    Some(StrictTransportSecuritySpec { max_age, include_sub_domains })
}

fn authentication(effective: &Effective<'_, '_>, draft: &mut Draft) {
    let is_on = |section| effective.is(section, "", "enabled");
    let (anonymous, windows, basic) = (is_on(ANONYMOUS), is_on(WINDOWS), is_on(BASIC));
    if anonymous {
        draft.spec.authentication.mode = ModeSpec::Internal;
        draft.remark(
            pointer!(authentication.mode),
            "IIS lets everyone through, so Kallithea signs users on: with its own accounts, \
            or with `ldap`, which needs the section `ldap`.",
        );
        if windows || basic {
            draft.remark(
                pointer!(authentication.mode),
                "Windows or Basic authentication is on as well, but IIS does not authenticate \
                users while anonymous authentication is on. Write `windows` if you meant that.",
            );
        }
        return;
    }
    if !windows && !basic {
        draft.blank(
            pointer!(authentication.mode),
            "No authentication is enabled, so IIS answers 401.2. Choose `windows`, `ldap` or `internal`.",
        );
        return;
    }
    if windows {
        windows_authentication(effective, draft);
    } else {
        draft.remark(
            pointer!(authentication.mode),
            "The server has only Basic authentication; this mode adds Windows authentication.",
        );
    }
    if basic {
        let text = |name| effective.value(BASIC, "", name);
        let (realm, default_logon_domain) = (text("realm"), text("defaultLogonDomain"));
        draft.spec.authentication.basic_authentication =
            Some(BasicAuthenticationSpec { enabled: true, realm, default_logon_domain });
    }
}

fn windows_authentication(effective: &Effective<'_, '_>, draft: &mut Draft) {
    let mut providers = providers(effective, draft);
    let usual = WindowsAuthenticationSpec::default();
    if providers.is_empty() {
        draft.remark(
            pointer!(authentication.mode),
            "The file does not name a provider of Windows authentication, so the spec's defaults apply.",
        );
        providers.clone_from(&usual.providers);
    }
    let checking = effective.value(WINDOWS, "extendedProtection", "tokenChecking");
    let checking = ExtendedProtectionSpec::from_iis(&checking).unwrap_or_default();
    let pool = &draft.spec.application_pool;
    let has_account =
        pool.identity.as_ref().is_some_and(|identity| identity.r#type == IdentityTypeSpec::SpecificUser);
    let credentials = effective.is(WINDOWS, "", "useAppPoolCredentials");
    let found = WindowsAuthenticationSpec {
        providers,
        use_kernel_mode: effective.is(WINDOWS, "", "useKernelMode"),
        use_app_pool_credentials: (credentials != has_account).then_some(credentials),
        extended_protection: checking,
        extended_protection_flags: None,
        service_principal_names: Vec::new(),
    };
    if effective.is(WINDOWS, "", "authPersistNonNTLM") {
        draft.remark(
            pointer!(authentication.mode),
            "The server signs on a whole connection by its first Kerberos ticket (authPersistNonNTLM, which \
             IIS installs as true); the deployment signs on each request.",
        );
    }
    draft.spec.authentication.windows_authentication = (found != usual).then_some(found);
    if checking != ExtendedProtectionSpec::None {
        protection(effective, draft);
    }
}

/// What a sign-on is bound to, if this does not follow from the rest of the spec.
fn protection(effective: &Effective<'_, '_>, draft: &mut Draft) {
    let flags = extended_protection_flags(effective);
    let is_other = defaults::extended_protection_flags(&draft.spec).as_ref() != Some(&flags);
    if let Some(windows) = draft.spec.authentication.windows_authentication.as_mut().filter(|_| is_other) {
        windows.extended_protection_flags = Some(flags);
    }
    let names = service_principal_names(effective);
    let is_other = defaults::service_principal_names(&draft.spec) != names;
    if let Some(windows) = draft.spec.authentication.windows_authentication.as_mut().filter(|_| is_other) {
        windows.service_principal_names = names;
    }
}

fn extended_protection_flags(effective: &Effective<'_, '_>) -> Vec<ExtendedProtectionFlagSpec> {
    let written = effective.value(WINDOWS, "extendedProtection", "flags");
    let found: Vec<_> =
        written.split(',').filter_map(|word| ExtendedProtectionFlagSpec::from_iis(word.trim())).collect();
    ExtendedProtectionFlagSpec::ALL.iter().copied().filter(|flag| found.contains(flag)).collect()
}

fn service_principal_names(effective: &Effective<'_, '_>) -> Vec<String> {
    let names = effective.entries(WINDOWS, "extendedProtection", "name");
    names.into_iter().filter_map(|name| name.value("name").map(ToOwned::to_owned)).collect()
}

/// The file that contains an entry.
fn file_of(effective: &Effective<'_, '_>, entry: &Element<'_>) -> File {
    effective.level_of(entry).map_or(File::WebConfig, File::of)
}

/// What Windows authentication offers, if the spec knows it.
fn providers(effective: &Effective<'_, '_>, draft: &mut Draft) -> Vec<ProviderSpec> {
    let mut providers = Vec::new();
    for entry in effective.entries(WINDOWS, "providers", "value") {
        match ProviderSpec::from_iis(entry.value("value").unwrap_or_default()) {
            Some(provider) => providers.push(provider),
            None => {
                let file = file_of(effective, entry);
                let what = format!(
                    "provider {} of Windows authentication",
                    entry.value("value").unwrap_or_default()
                );
                draft.leave(Why::Unknown, file, entry.offset, what);
            }
        }
    }
    providers
}

/// Limits that an administrator set. IIS's own defaults are too small for Kallithea, and nobody chose them.
fn limits(server: &Server<'_, '_>, effective: &Effective<'_, '_>, draft: &mut Draft) {
    let number =
        |name| effective.written(FILTERING, "requestLimits", name).and_then(|text| text.parse::<u32>().ok());
    let limits = &mut draft.spec.request_limits;
    match number("maxAllowedContentLength") {
        Some(length) => limits.max_allowed_content_length = u64::from(length),
        None if server.has_web => draft.remark(
            pointer!(request_limits.max_allowed_content_length),
            "requestLimits is not set, so the largest push today is IIS's default of 30000000 bytes; the \
             spec's default is 4 GiB.",
        ),
        None => draft.remark(
            pointer!(request_limits.max_allowed_content_length),
            "requestLimits may be in the application's web.config; give that file with --web-config.",
        ),
    }
    let limits = &mut draft.spec.request_limits;
    limits.max_url = number("maxUrl").unwrap_or(limits.max_url);
    limits.max_query_string = number("maxQueryString").unwrap_or(limits.max_query_string);
}
