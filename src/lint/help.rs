//! What to do about a finding: the name that was meant, the module that brings a section, the way around a lock.
//!
//! In: a finding and the tables. Out: advice, where there is any. Absent: what is wrong.

use iis_config::case::is_name_in_other_case;
use iis_config::check::Fault;
use iis_config::schema::{Element, Tables, is_of_iis};

/// Sections that come with a product of their own: the beginning of their paths, the product, and where to get it.
const PRODUCTS: [(&str, &str, &str); 11] = [
    ("system.webServer/rewrite", "URL Rewrite", "https://www.iis.net/downloads/microsoft/url-rewrite"),
    (
        "system.webServer/aspNetCore",
        "the ASP.NET Core Hosting Bundle",
        "https://dotnet.microsoft.com/download/dotnet",
    ),
    (
        "system.webServer/httpPlatform",
        "HttpPlatformHandler",
        "https://www.iis.net/downloads/microsoft/httpplatformhandler",
    ),
    ("system.webServer/iisnode", "iisnode", "https://github.com/Azure/iisnode/releases"),
    (
        "system.webServer/cors",
        "the IIS CORS Module",
        "https://www.iis.net/downloads/microsoft/iis-cors-module",
    ),
    (
        "system.webServer/proxy",
        "Application Request Routing",
        "https://www.iis.net/downloads/microsoft/application-request-routing",
    ),
    (
        "system.webServer/diskCache",
        "Application Request Routing",
        "https://www.iis.net/downloads/microsoft/application-request-routing",
    ),
    (
        "system.webServer/webFarms",
        "Application Request Routing",
        "https://www.iis.net/downloads/microsoft/application-request-routing",
    ),
    ("webFarms", "Web Farm Framework", "https://www.iis.net/downloads/microsoft/application-request-routing"),
    ("system.ftpServer", "the FTP server", "the role services of Windows"),
    ("system.webServer/webdav", "WebDAV publishing", "the role services of Windows"),
];

/// The product that brings a section, and where to get it.
fn product(path: &str) -> Option<String> {
    let is_below =
        |own: &str| path.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let (_, product, place) = PRODUCTS.iter().find(|(own, ..)| is_below(own))?;
    Some(format!("install {product} on the server: {place}"))
}

/// The element among those inside `table` that has the attribute.
fn owner(table: &'static Element, name: &str) -> Option<&'static str> {
    let has = |inner: &&Element| inner.attributes().any(|known| known.name == name);
    table.elements.iter().find(has).map(|inner| inner.name)
}

/// What was meant, if a name is close to a known one; and what to do about a lock.
pub(super) fn help(tables: &Tables, path: &str, fault: &Fault) -> Option<String> {
    let meant = |name: &str, known: Vec<&'static str>| {
        if let Some(known) = known.iter().find(|known| is_name_in_other_case(name, known)) {
            return Some(format!("write {known:?}: upper and lower case matter"));
        }
        let most = 1 + name.len() / 4;
        let near = known
            .into_iter()
            // The distance is at least the difference of the lengths.
            .filter(|known| known.len().abs_diff(name.len()) <= 2 * most)
            .map(|known| (strsim::osa_distance(&name.to_lowercase(), &known.to_lowercase()), known));
        let (distance, known) = near.min()?;
        (distance <= most).then(|| format!("did you mean {known:?}?"))
    };
    match fault {
        Fault::UnknownAttribute => {
            let (element, name) = path.split_once('@')?;
            let table = tables.element(element)?;
            let known: Vec<_> = table.attributes().map(|known| known.name).collect();
            let is_slip = ["key", "id"].contains(&name) && known.contains(&"name");
            let inner = owner(table, name).map(|inner| format!("write it on <{inner}>, inside this element"));
            inner
                .or_else(|| is_slip.then(|| "did you mean \"name\"?".to_owned()))
                .or_else(|| meant(name, known))
        }
        Fault::UnknownElement if path.ends_with("/location") => Some(LOCATION.to_owned()),
        Fault::UnknownElement => {
            let (around, name) = path.rsplit_once('/')?;
            let around = tables.element(around)?;
            let own = around.elements.iter().map(|known| known.name);
            let collection = around.collection.into_iter();
            let entries = collection
                .flat_map(|all| [Some(all.entry.name), all.remove, all.clear].into_iter().flatten());
            meant(name, own.chain(entries).collect())
        }
        Fault::UnknownSection | Fault::NotDeclared if path.ends_with("/location") => {
            Some(LOCATION.to_owned())
        }
        Fault::UnknownSection | Fault::NotDeclared => product(path).or_else(|| match tables.section(path) {
            Some(_) => Some(
                "install the role service of IIS that brings it, or declare it in <configSections>"
                    .to_owned(),
            ),
            None => section(tables, path, &meant),
        }),
        Fault::Locked => Some(format!(
            "move it into <location path=\"Site/application\"> of applicationHost.config, or unlock it: \
             appcmd unlock config -section:{path}"
        )),
        Fault::ModuleNotLoaded(name) => module(name).or_else(|| advice(fault).map(str::to_owned)),
        fault => advice(fault).map(str::to_owned),
    }
}

/// What brings a module of IIS or of another product.
fn module(name: &str) -> Option<String> {
    let (_, brought) = MODULES.iter().find(|(known, _)| *known == name)?;
    product(brought).or_else(|| Some(format!("install the role service {brought} of IIS on the server")))
}

/// Modules, and a section of the product or the role service that brings each (page `iis-modules-overview`).
const MODULES: [(&str, &str); 12] = [
    ("ApplicationRequestRouting", "system.webServer/proxy"),
    ("AspNetCoreModule", "system.webServer/aspNetCore"),
    ("AspNetCoreModuleV2", "system.webServer/aspNetCore"),
    ("CgiModule", "CGI"),
    ("CorsModule", "system.webServer/cors"),
    ("FastCgiModule", "CGI"),
    ("IsapiModule", "ISAPI Extensions"),
    ("RewriteModule", "system.webServer/rewrite"),
    ("ServerSideIncludeModule", "Server Side Includes"),
    ("WebDAVModule", "system.webServer/webdav"),
    ("httpPlatformHandler", "system.webServer/httpPlatform"),
    ("iisnode", "system.webServer/iisnode"),
];

/// Which section or group was meant: the name in another case, at another place, or nearly.
fn section(
    tables: &Tables,
    path: &str,
    meant: &dyn Fn(&str, Vec<&'static str>) -> Option<String>,
) -> Option<String> {
    let (around, name) = path.rsplit_once('/').unwrap_or(("", path));
    let is_meant = |path: &&str| is_of_iis(path) && !path.starts_with("system.webServer/management/");
    let known: Vec<&'static str> = tables.sections().map(|section| section.path).filter(is_meant).collect();
    let frame = || FRAME.into_iter().chain(known.iter().copied());
    if let Some(known) = frame().find(|known| is_name_in_other_case(path, known)) {
        return Some(format!("write {known:?}: upper and lower case matter"));
    }
    if let Some(place) = known.iter().find_map(|known| place_of(known, name)) {
        return Some(format!("did you mean {place:?}?"));
    }
    if OF_ASP_NET.contains(&name) {
        return Some(format!("write <{name}> in <system.web>"));
    }
    let beside = known.iter().filter_map(|known| known.rsplit_once('/'));
    let beside = beside.filter(|(group, _)| *group == around).map(|(_, name)| name);
    meant(name, beside.collect()).or_else(|| meant(path, FRAME.to_vec()))
}

/// The path of the section or group with this name, if the section has it or is in it.
fn place_of(section: &'static str, name: &str) -> Option<&'static str> {
    let (mut end, mut parts) = (0, section.split('/'));
    end += parts.next()?.len();
    for part in parts {
        end += 1 + part.len();
        if part.eq_ignore_ascii_case(name) {
            return section.get(..end);
        }
    }
    None
}

/// What helps whatever the names are.
fn advice(fault: &Fault) -> Option<&'static str> {
    Some(match fault {
        Fault::NotConfiguration => "write <configuration> around the content of the file",
        Fault::SectionSince(_) | Fault::ElementSince(_) | Fault::AttributeSince(_) => {
            "delete it, or name the version of the server with --iis"
        }
        Fault::RepeatedSection | Fault::RepeatedElement => {
            "write the content of both into one, and delete the other"
        }
        Fault::StrayText => "delete the text, or write it into a comment: <!-- ... -->",
        Fault::MissingAttribute(_) => "write the attribute with its value",
        Fault::BadValue { .. } | Fault::OutOfRange { .. } => "write such a value, or delete the attribute",
        Fault::AppHostOnly => "move it to applicationHost.config",
        Fault::ApplicationOnly => {
            "move it to the web.config of the application, or make the folder an application"
        }
        Fault::ModuleTakenAway(_) => "add the module to <modules> again, or use another handler",
        Fault::ModuleNeeded { .. } => "remove the handler as well, in <handlers>, or keep the module",
        Fault::WrongBitness => "correct the image or the bitness in the pre-condition",
        Fault::NoSuchPool(_) => "add the application pool, or name another one",
        Fault::LockedPart => "leave it as the level above has it, or unlock it there",
        Fault::LockedByFolder => {
            "set overrideMode of that <location> to Allow, or remove the section from it"
        }
        Fault::LocksAgain => "remove `overrideMode` or `allowOverride` from this <location>",
        Fault::RepeatedKey { .. } => {
            "delete one of the two, or write <remove> with this key before the entry"
        }
        Fault::DeclaredTwice => "delete this declaration",
        Fault::MisplacedDeclarations => "move its content to the beginning of <configuration>",
        Fault::BothOverrides => "delete allowOverride",
        Fault::UnknownLock { .. } => "delete the name, or correct it",
        Fault::EmptyPoolName => "write the name of the application pool",
        Fault::NoRootApplication => "add <application path=\"/\"> to the site",
        Fault::NoRootDirectory => "add <virtualDirectory path=\"/\"> with its physicalPath",
        Fault::ImpossiblePath(_) => "write the full path of the folder",
        Fault::NoBindings => "add a <binding> to the site's <bindings>",
        Fault::DeadBinding(_) => "correct bindingInformation",
        Fault::DamagedSecret => "enter the password again in IIS Manager",
        Fault::PrefixedRuntime => {
            "declare the namespace as the default of <assemblyBinding>, without a prefix"
        }
        Fault::SourceUnreadable { .. } => {
            "write only the section into that file, with no other element around it"
        }
        Fault::SourceMissing(_) => "create the file, or write the section here",
        Fault::ModuleNotLoaded(_) => "install the role service or the product that brings the module",
        Fault::ProgramNotListed(_) => {
            "add the program with its arguments to fastCgi of applicationHost.config"
        }
        Fault::SourceInLocation | Fault::SourceOfHost => "write the section here, without configSource",
        _ => return None,
    })
}

/// What a file may have at its outermost level in another case.
const FRAME: [&str; 5] =
    ["configSections", "location", "system.webServer", "system.applicationHost", "system.ftpServer"];

/// Sections of ASP.NET that are often written among those of IIS (page "system.web Element").
const OF_ASP_NET: [&str; 12] = [
    "compilation",
    "customErrors",
    "globalization",
    "httpHandlers",
    "httpModules",
    "httpRuntime",
    "identity",
    "machineKey",
    "membership",
    "pages",
    "sessionState",
    "trust",
];

const LOCATION: &str = "move <location> so that it is a child of <configuration>, around the whole group";
