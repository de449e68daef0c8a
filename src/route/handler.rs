//! Transport, authentication, handler mapping and the ISAPI restriction: who the user is, and what answers.

use iis_config::effective::Module;
use iis_config::markup::Element;
use iis_config::paths;
use kallithea_bridge_isapi::url;

use super::{Stop, Way};
use crate::model::Provider;

const ACCESS: &str = "system.webServer/security/access";
const ANONYMOUS: &str = "system.webServer/security/authentication/anonymousAuthentication";
const BASIC: &str = "system.webServer/security/authentication/basicAuthentication";
const WINDOWS: &str = "system.webServer/security/authentication/windowsAuthentication";
const HANDLERS: &str = "system.webServer/handlers";
const RESTRICTION: &str = "system.webServer/security/isapiCgiRestriction";

const ACCESS_PAGE: &str = "iis/configuration/system.webserver/security/access";
const AUTHENTICATION_PAGE: &str = "iis/configuration/system.webserver/security/authentication/";
const HANDLERS_PAGE: &str = "iis/configuration/system.webserver/handlers/";
const RESTRICTION_PAGE: &str = "iis/configuration/system.webserver/security/isapicgirestriction/";

impl<'d, 'a> Way<'d, 'a> {
    /// Whether TLS is required.
    pub(super) fn transport(&mut self) -> Result<(), Stop> {
        let flags = self.effective().value(ACCESS, "", "sslFlags").to_lowercase();
        let is_required = flags.split(',').any(|flag| matches!(flag.trim(), "ssl" | "ssl128"));
        if is_required && !self.request.secure {
            return Err(("403.4", "the application requires TLS (sslFlags): use https".into()));
        }
        self.note("TLS", ACCESS_PAGE, if is_required { "required, and used" } else { "not required" });
        Ok(())
    }

    /// What IIS requires from the client, and the resulting REMOTE_USER.
    pub(super) fn authentication(&mut self) -> Result<String, Stop> {
        let effective = self.effective();
        let offered = effective.entries(WINDOWS, "providers", "value");
        let offered: Vec<&str> = offered.iter().filter_map(|provider| provider.value("value")).collect();
        if self.is_anonymous() {
            let says =
                "anonymous authentication is on, so IIS does not authenticate users: REMOTE_USER is not set";
            self.note("authentication", AUTHENTICATION_PAGE, says);
            return Ok("not set".into());
        }
        let mut schemes: Vec<String> = Vec::new();
        if self.is_on(WINDOWS) {
            schemes.extend(offered.iter().map(|provider| (*provider).to_owned()));
        }
        if self.is_on(BASIC) {
            schemes.push("Basic".into());
        }
        if schemes.is_empty() {
            let off = [WINDOWS, BASIC].into_iter().filter(|section| effective.is(section, "", "enabled"));
            let off: Vec<&str> = off.map(module_of).collect();
            let why = match off.is_empty() {
                true => "no authentication is enabled".to_owned(),
                false => format!("no authentication is left: `modules` does not name {}", off.join(", ")),
            };
            return Err(("401.2", why));
        }
        let says = format!(
            "401 first, with WWW-Authenticate: {}; then REMOTE_USER is the Windows name{}",
            schemes.join(", "),
            if self.is_on(WINDOWS) { self.what_is_signed_on(&offered) } else { "" }
        );
        self.note("authentication", AUTHENTICATION_PAGE, says);
        self.offers = schemes;
        Ok(r"DOMAIN\user".into())
    }

    /// Whether IIS does not ask who the user is.
    pub(super) fn is_anonymous(&self) -> bool {
        self.is_on(ANONYMOUS)
    }

    /// Whether a way of signing on is enabled, and its module runs.
    fn is_on(&self, section: &str) -> bool {
        self.effective().is(section, "", "enabled") && self.may_run(module_of(section))
    }

    /// Whether Windows authentication signs on a request or a whole connection.
    fn what_is_signed_on(&self, offered: &[&str]) -> &'static str {
        let effective = self.effective();
        let is_kerberos = |provider: &&str| Provider::from_iis(provider) == Some(Provider::Kerberos);
        let has_ntlm = offered.iter().any(|provider| !is_kerberos(provider));
        if effective.is(WINDOWS, "", "authPersistSingleRequest") {
            ""
        } else if effective.is(WINDOWS, "", "authPersistNonNTLM") {
            ". The first request decides it for the whole connection (authPersistNonNTLM): no proxy may be \
             in front of this server"
        } else if has_ntlm {
            ". With NTLM, which Negotiate falls back to, the first request decides it for the whole \
             connection: no proxy may be in front of this server"
        } else {
            ". Each request is signed on separately"
        }
    }

    /// The first handler mapping that fits.
    pub(super) fn handler(&mut self) -> Result<(), Stop> {
        let effective = self.effective();
        let path = self.request.path().to_lowercase();
        let dll = self.deployment.dispatch_dll();
        let (mut passed, mut own) = (0, None);
        for mapping in effective.entries(HANDLERS, "", "name") {
            let name = mapping.value("name").unwrap_or_default();
            let is_own = mapping.value("scriptProcessor").is_some_and(|path| paths::same(path, &dll));
            if !self.fits(mapping, &path) {
                passed += 1;
                own = own.or(is_own.then_some(name));
                continue;
            }
            if !is_own {
                let status = self.without_bridge(mapping);
                let why = format!("the handler mapping {name:?} comes first, so the bridge does not answer");
                return Err((status, why + &self.why_not(own)));
            }
            let needs = mapping.value("requireAccess").unwrap_or("Script").to_lowercase();
            let policy = effective.value(HANDLERS, "", "accessPolicy").to_lowercase();
            if needs != "none" && !policy.split(',').any(|flag| flag.trim() == needs) {
                return Err(("403.1", format!("the mapping needs {needs}, and accessPolicy is {policy:?}")));
            }
            match effective.module("IsapiModule") {
                Module::Runs => {}
                Module::NotInstalled => {
                    return Err(("500.21", "the handler needs IsapiModule, which is not installed".into()));
                }
                Module::NotEnabled(_) => {
                    let why =
                        "the handler needs IsapiModule, which is installed, but `modules` does not name it";
                    return Err(("500.21", why.into()));
                }
            }
            let says = format!("{name:?} handles it, after {passed} others that do not match");
            self.note("handler mapping", HANDLERS_PAGE, says);
            return Ok(());
        }
        Err(("404.4", format!("no handler mapping matches{}", self.why_not(own))))
    }

    /// What IIS answers where another mapping takes the request. The static files of IIS have no file for it, and they refuse
    /// methods other than these (page "HTTP Error 405.0").
    fn without_bridge(&self, mapping: &Element<'_>) -> &'static str {
        let modules = mapping.value("modules").unwrap_or_default();
        let has = |name: &str| modules.split(',').any(|module| module.trim().eq_ignore_ascii_case(name));
        let is_read = ["GET", "HEAD", "OPTIONS", "TRACE"].contains(&self.request.method.as_str());
        let path = self.read().unwrap_or_default().into_bytes();
        let below = url::split(path, &self.deployment.application.path).unwrap_or_default().1;
        match (has("WebDAVModule"), has("StaticFileModule")) {
            (true, _) => "405",
            (false, false) => "-",
            (false, true) if !is_read => "405",
            (false, true) if matches!(below.as_slice(), b"" | b"/") => "403.14",
            (false, true) => "404.0",
        }
    }

    /// Why the bridge's own mapping was skipped, if it was.
    fn why_not(&self, own: Option<&str>) -> String {
        match own {
            Some(own) if !self.has_bitness_of_pool() => format!(
                "; {own:?} does not match: the DLL and the application pool do not have the same bitness \
                 (enable32BitAppOnWin64)"
            ),
            Some(own) => format!("; {own:?} does not match (verb, path, preCondition)"),
            None => String::new(),
        }
    }

    fn fits(&self, mapping: &Element<'_>, path: &str) -> bool {
        let verbs = mapping.value("verb").unwrap_or_default();
        let is_verb =
            verbs.split(',').any(|verb| matches!(verb.trim(), "*") || verb.trim() == self.request.method);
        let bitness = if self.is_32_bit_pool() { "bitness64" } else { "bitness32" };
        let refused = |condition: &str| {
            matches!(condition.trim().to_lowercase().as_str(), "classicmode") || condition.trim() == bitness
        };
        let conditions = mapping.value("preCondition").unwrap_or_default();
        let patterns = mapping.value("path").unwrap_or_default().to_lowercase();
        let is_path = patterns.split(',').any(|pattern| matches(pattern.trim(), path));
        is_verb && is_path && !conditions.split(',').any(refused)
    }

    /// Whether a module sees the request. Anonymous authentication comes with IIS itself, so a list without its module in
    /// `globalModules` is an excerpt.
    pub(super) fn may_run(&self, name: &str) -> bool {
        match self.effective().module(name) {
            Module::Runs => true,
            Module::NotInstalled => name == module_of(ANONYMOUS),
            Module::NotEnabled(_) => false,
        }
    }

    /// Whether the server allows the DLL to run.
    pub(super) fn restriction(&mut self) -> Result<(), Stop> {
        let effective = self.effective();
        let dll = self.deployment.dispatch_dll();
        let entries = effective.entries(RESTRICTION, "", "path");
        let allowed = match entries.iter().find(|entry| entry.says("path", &dll)) {
            Some(entry) => entry.says("allowed", "true"),
            None => effective.is(RESTRICTION, "", "notListedIsapisAllowed"),
        };
        if !allowed {
            return Err(("404.2", format!("{dll} is not allowed to run (isapiCgiRestriction)")));
        }
        self.note("ISAPI restriction", RESTRICTION_PAGE, "the DLL may run");
        Ok(())
    }
}

/// The module of a way to authenticate (page "IIS Modules Overview").
fn module_of(section: &str) -> &'static str {
    match section {
        WINDOWS => "WindowsAuthenticationModule",
        BASIC => "BasicAuthenticationModule",
        _ => "AnonymousAuthenticationModule",
    }
}

/// Whether a mapping's pattern matches a path: `*`, `*.ext` or a path with asterisks. Case is ignored.
fn matches(pattern: &str, path: &str) -> bool {
    let anchored = if pattern.starts_with(['*', '/']) { pattern.to_owned() } else { format!("*/{pattern}") };
    let mut parts = anchored.split('*');
    let Some(mut rest) = path.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let parts: Vec<&str> = parts.collect();
    for (number, part) in parts.iter().enumerate() {
        if number + 1 == parts.len() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.is_empty()
}
