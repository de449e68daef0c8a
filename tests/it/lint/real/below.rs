//! Mistakes of a web.config that only the server's file above it shows.

use iis_config::declared::declarations;
use iis_config::locks::lock;
use iis_config::schema::Definition;

use super::sample::Sample;

/// A kind of mistake in a web.config: its words, the code that reports it, and the files with the site that each is for.
pub(super) type Kind = (&'static str, &'static str, fn(&Sample<'_>) -> Vec<(String, String)>);

pub(super) const KINDS: [Kind; 10] = [
    ("a section that the server locks", "KI506", locked),
    ("a section that only the server may have", "KI507", of_server),
    ("a section that nobody declares", "KI503", |_| {
        let unknown = ["aspNetCore", "cors", "iisnode", "httpPlatform"].into_iter();
        unknown
            .map(|name| web(&format!("<system.webServer><{name} enabled=\"true\" /></system.webServer>")))
            .collect()
    }),
    ("a section that the server has declared", "KI517", declared_again),
    ("a key that the server has", "KI514", inherited_key),
    ("an attribute that the server locks", "KI506", locked_attribute),
    ("a <location> outside of the folder", "KI515", |_| {
        ["../other", "/abs", "C:\\x", "a/../../b"]
            .map(|path| web(&format!("<location path=\"{path}\" />")))
            .into()
    }),
    ("a file of configSource that does not exist", "KI518", |sample| {
        let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        open(sample)
            .map(|path| web(&within(&path, &format!("<{} configSource=\"a.config\" />", name(&path)))))
            .collect()
    }),
    ("a module that the server does not load", "KI523", |_| {
        handlers(&["NoModule", "staticfilemodule", "StaticFileModule,NoModule", "isapimodule"])
    }),
    ("a program that fastCgi does not list", "KI523", |_| {
        handlers(&["FastCgiModule\" scriptProcessor=\"C:\\none\\php-cgi.exe"])
    }),
];

fn web(inner: &str) -> (String, String) {
    (String::new(), format!("<configuration>\n{inner}\n</configuration>"))
}

/// An element in the groups of its section.
fn within(path: &str, element: &str) -> String {
    let groups: Vec<&str> = path.split('/').collect();
    let (_, groups) = groups.split_last().expect("a section has a group");
    let opened: String = groups.iter().map(|name| format!("<{name}>")).collect();
    let closed: String = groups.iter().rev().map(|name| format!("</{name}>")).collect();
    format!("{opened}{element}{closed}")
}

fn empty(path: &str) -> (String, String) {
    web(&within(path, &format!("<{} />", path.rsplit('/').next().unwrap_or_default())))
}

fn of_server(sample: &Sample<'_>) -> Vec<(String, String)> {
    let declared = declarations(&sample.document).into_iter();
    let own = declared.filter(|known| known.definition() == Definition::AppHostOnly);
    own.map(|known| empty(&known.path)).collect()
}

/// The sections that a web.config may hold, if nothing locks them.
fn delegated<'s>(sample: &'s Sample<'_>) -> impl Iterator<Item = (String, bool)> + 's {
    let declared = declarations(&sample.document).into_iter();
    declared.filter(|known| known.definition() != Definition::AppHostOnly).map(|known| {
        let is_locked = lock(&sample.document, &known.path).is_some_and(|lock| lock.locked);
        (known.path, is_locked)
    })
}

fn locked(sample: &Sample<'_>) -> Vec<(String, String)> {
    delegated(sample).filter(|(_, is_locked)| *is_locked).map(|(path, _)| empty(&path)).collect()
}

fn open<'s>(sample: &'s Sample<'_>) -> impl Iterator<Item = String> + 's {
    delegated(sample).filter(|(_, is_locked)| !is_locked).map(|(path, _)| path)
}

fn declared_again(sample: &Sample<'_>) -> Vec<(String, String)> {
    let within = |path: &str| {
        let names: Vec<&str> = path.split('/').collect();
        let (last, groups) = names.split_last()?;
        let opened: String = groups.iter().map(|name| format!("<sectionGroup name=\"{name}\">")).collect();
        let section = format!("<section name=\"{last}\" />{}", "</sectionGroup>".repeat(groups.len()));
        Some(web(&format!("<configSections>{opened}{section}</configSections>")))
    };
    declarations(&sample.document).iter().filter_map(|known| within(&known.path)).collect()
}

/// The first entry of each open collection, once more.
fn inherited_key(sample: &Sample<'_>) -> Vec<(String, String)> {
    let open: Vec<String> = open(sample).collect();
    let entries = sample.entries();
    let own = |known: &&super::sample::Known<'_, '_>| {
        let is_of_server = sample.document.outwards(known.element).all(|around| !around.is_named("location"));
        is_of_server && open.iter().any(|path| known.path.starts_with(&format!("{path}/")))
    };
    let copy = |known: &super::sample::Known<'_, '_>| {
        let element = &sample.text()[known.element.offset..known.element.end];
        web(&within(&known.path, element))
    };
    entries.iter().filter(own).map(copy).collect()
}

fn locked_attribute(sample: &Sample<'_>) -> Vec<(String, String)> {
    let sections = sample.sections();
    let locks = sections.iter().filter_map(|known| Some((known, known.element.value("lockAttributes")?)));
    let each = locks.flat_map(|(known, names)| names.split(',').map(move |name| (known, name)));
    each.map(|(known, name)| {
        let element = format!("<{} {name}=\"true\" />", known.element.name);
        web(&within(&known.path, &element))
    })
    .collect()
}

/// A handler mapping with each of these modules.
fn handlers(modules: &[&str]) -> Vec<(String, String)> {
    let mapped = |module: &&str| {
        let entry = format!("<add name=\"own\" path=\"*.x\" verb=\"*\" modules=\"{module}\" />");
        web(&within("system.webServer/handlers/add", &entry))
    };
    modules.iter().map(mapped).collect()
}
