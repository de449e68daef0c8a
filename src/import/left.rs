//! What was not taken over, found by holding every node that belongs to the application against what the spec says.
//!
//! Values are shown of attributes that the project's tables know and whose names suggest no secret; of all others the name.

use crate::kallithea::facts::NAME;
use iis_config::markup::{Document, Element};

use super::draft::{Draft, File, Why};
use super::server::Server;
use crate::diagnostic::redact::{is_secret_value, suggests_secret};
use crate::merge::keys::Place;
use crate::model::RESPONSE_HEADERS;

/// Elements and attributes that the spec has keys for, or that an own rule has spoken of.
const TAKEN: &[&str] = &[
    "pool@name",
    "pool@queueLength",
    "pool@enable32BitAppOnWin64",
    "pool@startMode",
    "pool/processModel@identityType",
    "pool/processModel@userName",
    "pool/processModel@idleTimeout",
    "pool/processModel@maxProcesses",
    "pool/processModel@shutdownTimeLimit",
    "pool/recycling/periodicRestart@privateMemory",
    "pool/recycling/periodicRestart@requests",
    "pool/recycling/periodicRestart@time",
    "pool/recycling/periodicRestart/schedule",
    "pool/environmentVariables",
    "site@name",
    "site@id",
    "site/bindings",
    "site/hsts@enabled",
    "site/hsts@max-age",
    "site/hsts@includeSubDomains",
    "site/traceFailedRequestsLogging@enabled",
    "site/traceFailedRequestsLogging@directory",
    "site/traceFailedRequestsLogging@maxLogFiles",
    "application@path",
    "application@applicationPool",
    "application/virtualDirectory /@path",
    "application/virtualDirectory /@physicalPath",
    "location@path",
    "location@overrideMode",
    "system.webServer/handlers/remove WebDAV",
    "system.webServer/modules/remove WebDAVModule",
    "system.webServer/httpProtocol/customHeaders/remove Strict-Transport-Security",
    "system.webServer/httpProtocol/customHeaders/add Strict-Transport-Security",
    "system.webServer/security/access@sslFlags",
    "system.webServer/security/authentication/anonymousAuthentication@enabled",
    "system.webServer/security/authentication/basicAuthentication@enabled",
    "system.webServer/security/authentication/basicAuthentication@realm",
    "system.webServer/security/authentication/basicAuthentication@defaultLogonDomain",
    "system.webServer/security/authentication/windowsAuthentication@enabled",
    "system.webServer/security/authentication/windowsAuthentication@useKernelMode",
    "system.webServer/security/authentication/windowsAuthentication@useAppPoolCredentials",
    "system.webServer/security/authentication/windowsAuthentication/extendedProtection@tokenChecking",
    "system.webServer/security/authentication/windowsAuthentication/extendedProtection@flags",
    "system.webServer/security/authentication/windowsAuthentication/extendedProtection/clearSpns",
    "system.webServer/security/authentication/windowsAuthentication/extendedProtection/spn",
    "system.webServer/security/authentication/windowsAuthentication/providers",
    "system.webServer/security/requestFiltering/requestLimits@maxAllowedContentLength",
    "system.webServer/security/requestFiltering/requestLimits@maxUrl",
    "system.webServer/security/requestFiltering/requestLimits@maxQueryString",
    "system.webServer/security/requestFiltering/fileExtensions/clear",
    "system.webServer/security/requestFiltering/verbs/clear",
    "system.webServer/security/requestFiltering/hiddenSegments/clear",
    "system.webServer/security/requestFiltering/denyUrlSequences/clear",
    "system.webServer/tracing/traceFailedRequests/clear",
    "system.webServer/tracing/traceFailedRequests/add *",
];

/// What every deployment says, whatever its spec.
const ALWAYS: &[(&str, &str)] = &[
    ("pool@managedRuntimeVersion", ""),
    ("pool@managedPipelineMode", "Integrated"),
    ("site@serverAutoStart", "true"),
    ("site/limits@maxUrlSegments", "255"),
    ("system.webServer/handlers@accessPolicy", "Read, Script"),
    ("system.webServer/serverRuntime@authenticatedUserOverride", "UseWorkerProcessUser"),
    ("system.webServer/httpErrors@existingResponse", "PassThrough"),
    ("system.webServer/security/authentication/anonymousAuthentication@userName", ""),
    ("system.webServer/security/authentication/windowsAuthentication@authPersistNonNTLM", "false"),
    ("system.webServer/security/requestFiltering@allowDoubleEscaping", "true"),
    ("system.webServer/security/requestFiltering/fileExtensions@allowUnlisted", "true"),
    ("system.webServer/security/requestFiltering/verbs@allowUnlisted", "true"),
];

pub(super) fn read(server: &Server<'_, '_>, draft: &mut Draft) {
    let host = server.host;
    let sites = ["system.applicationHost", "sites", "site"];
    let place = |path: &[&str]| path.iter().fold(Place::root(), |place, name| place.child(name));
    let mut walk = Walk { server, draft, document: host, file: File::Host };
    if let Some(pool) = server.pool.filter(|_| !walk.draft.spec.application_pool.existing) {
        walk.element(pool, &place(&["system.applicationHost", "applicationPools", "add"]), "pool");
    }
    if !walk.draft.spec.site.existing {
        walk.element(server.site, &place(&sites), "site");
    }
    walk.element(server.application, &place(&[sites.as_slice(), &["application"]].concat()), "application");
    walk.locations();
    walk.document = server.web;
    walk.file = File::WebConfig;
    walk.children(server.web.root(), &Place::root(), "");
}

/// Whether it is one of the headers that every deployment sends, with the value that it has there.
fn is_of_every_response(child: &Element<'_>, path: &str) -> bool {
    let is_here = path.to_lowercase().starts_with("system.webserver/httpprotocol/customheaders/");
    let is_removed = child.name.eq_ignore_ascii_case("remove");
    let is_ours =
        |(name, value): &(&str, &str)| child.says("name", name) && (is_removed || child.says("value", value));
    is_here && RESPONSE_HEADERS.iter().any(is_ours)
}

struct Walk<'s, 'd, 'a> {
    server: &'s Server<'d, 'a>,
    draft: &'s mut Draft,
    document: &'d Document<'a>,
    file: File,
}

impl<'d, 'a> Walk<'_, 'd, 'a> {
    fn leave(&mut self, why: Why, offset: usize, what: String) {
        self.draft.leave(why, self.file, offset, what);
    }

    /// The application's own locations, and those of folders in it.
    fn locations(&mut self) {
        let own = self.server.location();
        let around = format!("{}/", own.to_lowercase());
        for location in self.document.named(self.document.root(), "location") {
            if location.says("path", &own) {
                self.element(location, &Place::root().child("location"), "location");
            } else if location.value("path").is_some_and(|path| path.to_lowercase().starts_with(&around)) {
                let path = location.value("path").unwrap_or_default();
                let why = if self.is_of_another(path) { Why::Foreign } else { Why::Unknown };
                self.leave(why, location.offset, format!("location {path}"));
            }
        }
    }

    /// Whether a location's path lies in another application of the site.
    fn is_of_another(&self, path: &str) -> bool {
        let site = self.server.site.value("name").unwrap_or_default();
        let mut others =
            self.server.host.named(self.server.site, "application").filter_map(|known| known.value("path"));
        others.any(|known| {
            let own = format!("{site}{known}").to_lowercase();
            known.len() > self.server.path().len()
                && format!("{}/", path.to_lowercase()).starts_with(&format!("{own}/"))
        })
    }

    fn element(&mut self, element: &Element<'a>, place: &Place, path: &str) {
        for attribute in &element.attributes {
            let full = format!("{path}@{}", attribute.name);
            let value = attribute.value.as_str();
            let usual = place.default(attribute.name, self.server.version);
            let is_said = ALWAYS.iter().any(|(known, said)| {
                known.eq_ignore_ascii_case(&full) && place.says_the_same(attribute.name, value, said)
            });
            if is_taken(&full) || is_said || usual.is_some_and(|usual| usual.eq_ignore_ascii_case(value)) {
                continue;
            }
            let always = ALWAYS.iter().find(|(known, _)| known.eq_ignore_ascii_case(&full));
            let what = format!("{full}{}", shown(place, attribute.name, value));
            let what = match always {
                Some((_, said)) => format!("{what}: every deployment has {said:?}"),
                None if suggests_secret(attribute.name) => {
                    format!("{what}: secrets are not copied; it stays on the server")
                }
                None => what,
            };
            self.leave(Why::Unknown, attribute.offset, what);
        }
        let inner = if path == "location" { "" } else { path };
        self.children(element, place, inner);
    }

    fn children(&mut self, element: &Element<'a>, place: &Place, path: &str) {
        for index in &element.children {
            let child = &self.document.elements[*index];
            let inner = place.child(child.name);
            let called = inner.call(child.name, |name| {
                let value = child.value(name)?;
                (!suggests_secret(name) && !is_secret_value(value)).then(|| value.to_owned())
            });
            let full = format!("{path}/{called}").trim_start_matches('/').to_owned();
            if is_taken(&full) || self.is_the_mapping(child, &full) || is_of_every_response(child, &full) {
                continue;
            }
            if is_above(&full) {
                self.element(child, &inner, &full);
            } else if let Some((why, what)) = self.judge(child, &full) {
                self.leave(why, child.offset, what);
            }
        }
    }

    /// The handler mapping that the compiled one takes the place of.
    fn is_the_mapping(&self, child: &Element<'_>, path: &str) -> bool {
        let deployed = self.server.owner.is_some() && child.says("name", NAME);
        path.starts_with("system.webServer/handlers/add") && deployed
    }

    /// Why an element is not taken over, and what is said of it; nothing where there is nothing to say.
    fn judge(&self, child: &Element<'a>, path: &str) -> Option<(Why, String)> {
        let plain = || path.to_owned();
        let lower = path.to_lowercase();
        if child.name.eq_ignore_ascii_case("application") && lower.starts_with("site/") {
            // Below `/` the site's root application is the deployment's, too.
            let is_made = child.index == self.server.application.index || child.value("path") == Some("/");
            return (!is_made).then(|| (Why::Foreign, plain()));
        }
        if lower.starts_with("site/logfile") {
            return Some((Why::Foreign, format!("{path}: IIS's own log")));
        }
        if matches!(child.name, "aspNetCore" | "httpPlatform" | "appSettings" | "environmentVariables") {
            let what = format!(
                "{path}: add the variables that {NAME} needs to bridge.environmentVariables (names only: \
                 {})",
                names(self.document, child)
            );
            return Some((Why::Author, what));
        }
        if lower.starts_with("system.webserver/handlers/add") {
            return Some((Why::Unknown, format!("{path}: the bridge answers every path")));
        }
        if !lower.starts_with("system.webserver")
            && !lower.starts_with("pool")
            && !lower.starts_with("application/")
            && !lower.starts_with("location")
        {
            return Some((Why::Foreign, format!("{path}: {NAME} does not read it")));
        }
        Some((Why::Unknown, plain()))
    }
}

/// The names of what a list of settings holds.
fn names(document: &Document<'_>, element: &Element<'_>) -> String {
    let is_within = |known: &&Element<'_>| element.offset < known.offset && known.end <= element.end;
    let within = document.elements.iter().filter(is_within);
    let names: Vec<_> = within.filter_map(|known| known.value("name").or(known.value("key"))).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn is_taken(path: &str) -> bool {
    TAKEN.iter().any(|known| known.eq_ignore_ascii_case(path))
}

/// Whether something below a path, or an attribute of it, is known.
fn is_above(path: &str) -> bool {
    let known = TAKEN.iter().chain(ALWAYS.iter().map(|(known, _)| known));
    known.into_iter().any(|known| {
        let head = known.get(..path.len()).is_some_and(|head| head.eq_ignore_ascii_case(path));
        head && matches!(known.as_bytes().get(path.len()), Some(b'/' | b'@'))
    })
}

/// An attribute's value as a person may see it.
fn shown(place: &Place, name: &str, value: &str) -> String {
    match place.knows(name) && !suggests_secret(name) && !is_secret_value(value) {
        true => format!("=\"{value}\""),
        false => String::new(),
    }
}
