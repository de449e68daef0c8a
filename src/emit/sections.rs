//! The sections of `system.webServer` that the application needs, and which file holds each.
//!
//! A section that IIS locks goes to applicationHost.config, under the application's `<location>`, unless the
//! author says that the server has unlocked it. An unlocked section goes into the web.config. Pages are cited
//! below `https://learn.microsoft.com/en-us/iis/configuration/system.webserver/`.

use super::xml::Element;
use crate::kallithea::facts::NAME;

use crate::model::{
    Architecture, Authentication, Deployment, ExtendedProtection, Machine, RESPONSE_HEADERS, Version, Windows,
};

/// The file that contains a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The `<location>` of the application in applicationHost.config.
    Location,
    /// The web.config in the application's folder.
    WebConfig,
}

/// Failed request tracing is unlocked, but it is written beside the switch that only applicationHost.config can contain.
const TRACING: &str = "system.webServer/tracing/traceFailedRequests";

/// A section's full path, and the section.
type Named = (&'static str, Element);

/// The `<system.webServer>` of the web.config.
pub(crate) fn web_server(deployment: &Deployment) -> Element {
    gather(deployment, Place::WebConfig, sections(deployment)).unwrap_or_else(nothing)
}

/// Paths that have sections of their own in a file, each with its `<system.webServer>`: in applicationHost.config the
/// application's path and the paths below it, in the web.config only the paths below it.
pub(super) fn locations(deployment: &Deployment, place: Place) -> Vec<(String, Element)> {
    let application = match (deployment.machine, place) {
        (Machine::Front, _) => gather(deployment, place, front(deployment)),
        (Machine::Node, Place::Location) => {
            Some(gather(deployment, place, sections(deployment)).unwrap_or_else(nothing))
        }
        (Machine::Node, Place::WebConfig) => None,
    };
    let open = deployment.open_pages().into_iter().filter_map(|page| {
        let path = match place {
            Place::Location => format!("{}{page}", deployment.location()),
            Place::WebConfig => page.trim_start_matches('/').to_owned(),
        };
        Some((path, gather(deployment, place, open_page(deployment, page))?))
    });
    application.map(|sections| (deployment.location(), sections)).into_iter().chain(open).collect()
}

fn nothing() -> Element {
    Element::new("system.webServer")
}

/// The sections of one file as one element, unless there are none.
fn gather(deployment: &Deployment, place: Place, sections: Vec<Named>) -> Option<Element> {
    let mut root = Element::new("system.webServer");
    for (path, element) in sections.into_iter().filter(|(path, _)| place_of(deployment, path) == place) {
        let groups: Vec<Element> = path.split('/').skip(1).map(Element::new).collect();
        root.place(&groups[..groups.len() - 1], element);
    }
    (!root.elements().is_empty()).then_some(root)
}

/// A farm's front allows everything that the nodes allow; the nodes check it again.
fn front(deployment: &Deployment) -> Vec<Named> {
    vec![
        ("system.webServer/httpErrors", errors()),
        ("system.webServer/security/authentication/anonymousAuthentication", anonymous(true)),
        ("system.webServer/security/requestFiltering", request_filtering(deployment)),
    ]
}

/// A farm's front sends health checks without a user, and IIS starts an application by a request without user and TLS. Both must
/// be allowed even if IIS signs users on and requires TLS.
fn open_page(deployment: &Deployment, page: &str) -> Vec<Named> {
    let mut sections = Vec::new();
    if deployment.tls.required && deployment.warm_up_page.as_deref() == Some(page) {
        sections.push(("system.webServer/security/access", Element::new("access").with("sslFlags", "None")));
    }
    let Authentication::Windows(_) = &deployment.authentication else { return sections };
    let off = |name| Element::new(name).with("enabled", false);
    sections.extend([
        ("system.webServer/security/authentication/anonymousAuthentication", anonymous(true)),
        ("system.webServer/security/authentication/basicAuthentication", off("basicAuthentication")),
        ("system.webServer/security/authentication/windowsAuthentication", off("windowsAuthentication")),
    ]);
    sections
}

/// The full paths of the sections that the compiled web.config holds.
pub(crate) fn web_config_sections(deployment: &Deployment) -> Vec<String> {
    let sections = sections(deployment).into_iter().map(|(path, _)| path);
    sections.filter(|path| place_of(deployment, path) == Place::WebConfig).map(ToOwned::to_owned).collect()
}

fn place_of(deployment: &Deployment, path: &str) -> Place {
    let locked = iis_config::locked_by_default(path) && !deployment.target.unlocked.contains(path);
    let host_only = path == TRACING || deployment.machine == Machine::Front;
    if locked || host_only { Place::Location } else { Place::WebConfig }
}

/// Every section with its path, in the order in which they are written.
fn sections(deployment: &Deployment) -> Vec<Named> {
    let mut sections = Vec::new();
    sections
        .extend(warm_up(deployment).map(|section| ("system.webServer/applicationInitialization", section)));
    sections.push(("system.webServer/handlers", handlers(deployment)));
    sections.push(("system.webServer/modules", modules()));
    sections.extend(server_runtime(deployment).map(|section| ("system.webServer/serverRuntime", section)));
    sections.push(("system.webServer/httpErrors", errors()));
    sections.push(("system.webServer/httpProtocol", response_headers(deployment)));
    sections.push(("system.webServer/security/access", access(deployment)));
    sections.extend(authentication(deployment));
    sections.push(("system.webServer/security/requestFiltering", request_filtering(deployment)));
    sections.extend(tracing(deployment).map(|section| (TRACING, section)));
    sections
}

fn remove(name: &str) -> Element {
    Element::new("remove").with("name", name)
}

/// The request by which IIS starts the application with the worker process: the logo, which Kallithea serves to everybody. The page
/// is relative to the application (page `applicationinitialization/add`).
fn warm_up(deployment: &Deployment) -> Option<Element> {
    let page = Element::new("add").with("initializationPage", deployment.warm_up_page.as_ref()?);
    Some(Element::new("applicationInitialization").child(page))
}

/// One mapping for every path and verb, before all inherited ones: `handlers` puts the entries of the deeper
/// level first. `responseBufferLimit="0"` sends at once what the application yields (page `handlers/add`).
fn handlers(deployment: &Deployment) -> Element {
    let bitness = match deployment.target.architecture {
        Architecture::X64 => "bitness64",
        Architecture::X86 => "bitness32",
    };
    let mapping = Element::new("add")
        .with("name", NAME)
        .with("path", "*")
        .with("verb", "*")
        .with("modules", "IsapiModule")
        .with("scriptProcessor", deployment.dispatch_dll())
        .with("resourceType", "Unspecified")
        .with("requireAccess", "Script")
        .with("preCondition", bitness)
        .with("responseBufferLimit", 0);
    Element::new("handlers").with("accessPolicy", "Read, Script").child(remove("WebDAV")).child(mapping)
}

/// WebDAV itself answers PUT, PROPFIND and others, or answers 405 if authoring is off. Removing a module that
/// is not installed does nothing.
fn modules() -> Element {
    Element::new("modules").child(remove("WebDAVModule"))
}

/// IIS opens files and folders as the worker process and not as the user, so users need no rights on the
/// server's folders (page `serverruntime`).
fn server_runtime(deployment: &Deployment) -> Option<Element> {
    let known = deployment.target.version >= iis_config::limits::AUTHENTICATED_USER_OVERRIDE_SINCE;
    known.then(|| Element::new("serverRuntime").with("authenticatedUserOverride", "UseWorkerProcessUser"))
}

/// Lets Kallithea's own error pages, and the messages of hg and git, through.
fn errors() -> Element {
    Element::new("httpErrors").with("existingResponse", "PassThrough")
}

/// A parent level may send a header of the same name, and a duplicate causes 500.19: so it is removed before it is added.
fn response_headers(deployment: &Deployment) -> Element {
    let always = RESPONSE_HEADERS.iter().map(|(name, value)| (*name, (*value).to_owned()));
    let added = |headers: Element, (name, value): (&str, String)| {
        headers.child(remove(name)).child(Element::new("add").with("name", name).with("value", value))
    };
    let headers = always.chain(strict_transport(deployment)).fold(Element::new("customHeaders"), added);
    Element::new("httpProtocol").child(headers)
}

fn strict_transport(deployment: &Deployment) -> Option<(&'static str, String)> {
    let header = deployment.tls.strict_transport_security.as_ref()?;
    let domains = if header.include_sub_domains { "; includeSubDomains" } else { "" };
    Some(("Strict-Transport-Security", format!("max-age={}{domains}", header.max_age)))
}

fn access(deployment: &Deployment) -> Element {
    Element::new("access").with("sslFlags", if deployment.tls_at_node() { "Ssl" } else { "None" })
}

fn authentication(deployment: &Deployment) -> [Named; 3] {
    let windows = match &deployment.authentication {
        Authentication::Windows(windows) => Some(windows),
        Authentication::Ldap(_) | Authentication::Internal => None,
    };
    [
        ("system.webServer/security/authentication/anonymousAuthentication", anonymous(windows.is_none())),
        ("system.webServer/security/authentication/basicAuthentication", basic(windows)),
        (
            "system.webServer/security/authentication/windowsAuthentication",
            windows.map_or_else(
                || Element::new("windowsAuthentication").with("enabled", false),
                |windows| windows_authentication(windows, deployment.target.version),
            ),
        ),
    ]
}

/// If no user is named, the anonymous user is the worker process, so no other account needs rights on the
/// folder (page `security/authentication/anonymousauthentication`).
fn anonymous(enabled: bool) -> Element {
    Element::new("anonymousAuthentication")
        .with("enabled", enabled)
        .with_some("userName", enabled.then_some(""))
}

fn basic(windows: Option<&Windows>) -> Element {
    let basic = windows.and_then(|windows| windows.basic.as_ref());
    let given = |text: &String| (!text.is_empty()).then(|| text.clone());
    Element::new("basicAuthentication")
        .with("enabled", basic.is_some())
        .with_some("realm", basic.and_then(|basic| given(&basic.realm)))
        .with_some("defaultLogonDomain", basic.and_then(|basic| given(&basic.default_logon_domain)))
}

/// The server's own configuration says `authPersistNonNTLM="true"` as installed, although the schema's default is false (page
/// `security/authentication/windowsauthentication`, "Setup"), and a location inherits it. A connection would then stay signed
/// on by its first ticket, whichever user's requests follow. `authPersistSingleRequest` is left to the server: there, `true`
/// asks even more often.
fn windows_authentication(windows: &Windows, version: Version) -> Element {
    let providers =
        windows.providers.iter().map(|provider| Element::new("add").with("value", provider.as_iis()));
    let element = Element::new("windowsAuthentication")
        .with("enabled", true)
        .with("authPersistNonNTLM", false)
        .with("useKernelMode", windows.use_kernel_mode)
        .with("useAppPoolCredentials", windows.use_app_pool_credentials);
    let element =
        if version >= Version::V7_5 { element.child(extended_protection(windows)) } else { element };
    element.child(Element::new("providers").child(Element::new("clear")).children(providers))
}

/// What else a sign-on is bound to is written only if there is a check. The server's values for it are not inherited
/// (page `windowsauthentication/extendedprotection`).
fn extended_protection(windows: &Windows) -> Element {
    let element =
        Element::new("extendedProtection").with("tokenChecking", windows.extended_protection.as_iis());
    if windows.extended_protection == ExtendedProtection::None {
        return element;
    }
    let flags: Vec<&str> = windows.extended_protection_flags.iter().map(|flag| flag.as_iis()).collect();
    let flags = if flags.is_empty() { "None".to_owned() } else { flags.join(", ") };
    let names = windows.service_principal_names.iter();
    let element = element.with("flags", flags).child(Element::new("clearSpns"));
    element.children(names.map(|name| Element::new("spn").with("name", name)))
}

/// A repository may contain any name: `bin`, `web.config`, `a+b.cs`. IIS's filters, which exist for ASP.NET,
/// would refuse them (404.7, 404.8, 404.11), and Kallithea serves no file by its path on the disk.
fn request_filtering(deployment: &Deployment) -> Element {
    let clear = || Element::new("clear");
    let limits = &deployment.limits;
    Element::new("requestFiltering")
        .with("allowDoubleEscaping", true)
        .child(Element::new("fileExtensions").with("allowUnlisted", true).child(clear()))
        .child(
            Element::new("requestLimits")
                .with("maxAllowedContentLength", limits.max_allowed_content_length)
                .with("maxUrl", limits.max_url)
                .with("maxQueryString", limits.max_query_string),
        )
        .child(Element::new("verbs").with("allowUnlisted", true).child(clear()))
        .child(Element::new("hiddenSegments").child(clear()))
        .child(Element::new("denyUrlSequences").child(clear()))
}

/// What an administrator needs to see of a failed request: which component was asked for what, what filtered it,
/// and what the bridge did (page `tracing/tracefailedrequests/add`).
fn tracing(deployment: &Deployment) -> Option<Element> {
    let tracing = deployment.tracing.as_ref()?;
    let area = |provider: &str| Element::new("add").with("provider", provider).with("verbosity", "Verbose");
    let server = Element::new("add")
        .with("provider", "WWW Server")
        .with("areas", "Authentication,Security,Filter,RequestNotifications,Module")
        .with("verbosity", "Verbose");
    let definitions = Element::new("failureDefinitions")
        .with_some("timeTaken", tracing.time_taken)
        .with("statusCodes", &tracing.status_codes);
    let rule = Element::new("add")
        .with("path", "*")
        .child(Element::new("traceAreas").child(area("ISAPI Extension")).child(server))
        .child(definitions);
    Some(Element::new("traceFailedRequests").child(Element::new("clear")).child(rule))
}
