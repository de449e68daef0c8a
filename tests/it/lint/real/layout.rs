//! Mistakes in what is where: sections, declarations, `<location>`s, sites and pools.

use iis_config::declared::declarations;
use iis_config::markup::Element;
use iis_config::schema::Definition;

use super::mistakes::Kind;
use super::sample::{Edit, Sample, write};

pub(super) const KINDS: [Kind; 27] = [
    ("a section twice", "KI505", |sample| {
        sample.sections().iter().map(|known| sample.again(known.element)).collect()
    }),
    ("an element twice", "KI505", element_twice),
    ("text between elements", "KI510", |sample| {
        let known = sample.known();
        let open = known.iter().filter(|known| !known.element.is_one_tag());
        open.map(|known| Edit::insert(known.element.opened, "words")).collect()
    }),
    ("a root of another name", "KI502", |sample| vec![sample.renamed(sample.document.root(), "settings")]),
    ("a section that is no longer declared", "KI503", undeclared),
    ("a section declared twice", "KI517", |sample| {
        declarations(&sample.document).iter().map(|known| sample.again(known.element)).collect()
    }),
    ("declarations that are not first", "KI517", |sample| {
        sample.named("configSections").iter().map(|all| Edit::insert(all.offset, "<system.web />")).collect()
    }),
    ("declarations in two places", "KI517", |sample| {
        sample.named("configSections").iter().map(|all| Edit::insert(all.end, "<configSections />")).collect()
    }),
    ("a section of the whole server for one site", "KI507", for_one_site),
    ("a <location> inside a group", "KI503", |sample| {
        let groups = sample.named("system.webServer").into_iter();
        groups.map(|group| Edit::insert(group.opened, "<location path=\"a\"><asp /></location>")).collect()
    }),
    ("a <location> in a <location>", "KI515", |sample| {
        locations(sample).map(|location| Edit::insert(location.opened, "<location path=\"a\" />")).collect()
    }),
    ("both overrides on one <location>", "KI515", |sample| {
        let both = " overrideMode=\"Deny\" allowOverride=\"false\"";
        let with = |location: &&Element<'_>| location.value("overrideMode").is_none();
        locations(sample).filter(with).map(|location| Edit::insert(location.offset + 9, both)).collect()
    }),
    ("an unknown word in overrideMode", "KI512", |sample| {
        locations(sample).map(|location| write(location, "overrideMode", "Denied")).collect()
    }),
    ("an unknown attribute of <location>", "KI509", |sample| {
        locations(sample).map(|location| write(location, "site", "a")).collect()
    }),
    ("configSource in a <location>", "KI518", |sample| {
        let within = "<location path=\"a\"><system.webServer><asp configSource=\"a.config\" />\
            </system.webServer></location>";
        vec![at_end(sample, within)]
    }),
    ("a pool without a name", "KI519", |sample| pools(sample).map(|pool| write(pool, "name", "")).collect()),
    ("a pool whose name has a slash", "KI512", |sample| {
        pools(sample).map(|pool| write(pool, "name", "a/b")).collect()
    }),
    ("a site whose name has a slash", "KI512", |sample| {
        sites(sample).map(|site| write(site, "name", "a/b")).collect()
    }),
    ("an application without its slash", "KI512", |sample| paths(sample, "application", "app")),
    ("a site without a root application", "KI519", |sample| paths(sample, "application", "/app")),
    ("an application without a root folder", "KI519", |sample| paths(sample, "virtualDirectory", "/files")),
    ("a folder that Windows cannot have", "KI519", |sample| {
        let folders = sample.named("virtualDirectory").into_iter();
        folders.map(|folder| write(folder, "physicalPath", "D:\\a|b")).collect()
    }),
    ("a binding whose port cannot be", "KI520", |sample| bindings(sample, "*:161902:")),
    ("a binding whose address cannot be", "KI520", |sample| bindings(sample, "a.example.com:80:")),
    ("a site without bindings", "KI520", |sample| {
        let bindings = sample.named("bindings").into_iter();
        bindings.map(|all| Edit { at: all.offset..all.end, with: String::new() }).collect()
    }),
    ("an encrypted value that is damaged", "KI520", |sample| {
        let with_password = ["anonymousAuthentication", "virtualDirectory"].map(|name| sample.named(name));
        with_password
            .concat()
            .into_iter()
            .map(|own| write(own, "password", "[enc:AesProvider:57686f"))
            .collect()
    }),
    ("a lock of an unknown name", "KI512", |sample| {
        sample.sections().iter().map(|known| write(known.element, "lockAttributes", "passwort")).collect()
    }),
];

fn element_twice(sample: &Sample<'_>) -> Vec<Edit> {
    let inner = sample.inner();
    let once = inner.iter().filter(|known| {
        let around = known.path.rsplit_once('/').and_then(|(around, _)| sample.tables.element(around));
        around.is_some_and(|around| around.elements.iter().any(|own| own.name == known.element.name))
    });
    once.map(|known| sample.again(known.element)).collect()
}

fn undeclared(sample: &Sample<'_>) -> Vec<Edit> {
    let used: Vec<String> = sample.sections().into_iter().map(|known| known.path).collect();
    let declared = declarations(&sample.document).into_iter().filter(|known| used.contains(&known.path));
    declared.map(|known| Edit { at: known.element.offset..known.element.end, with: String::new() }).collect()
}

fn at_end(sample: &Sample<'_>, what: &str) -> Edit {
    Edit::insert(sample.document.root().closing, what)
}

fn for_one_site(sample: &Sample<'_>) -> Vec<Edit> {
    let of_server = declarations(&sample.document).into_iter().filter(|known| {
        known.definition() == Definition::AppHostOnly && sample.tables.section(&known.path).is_some()
    });
    let within = |path: &str| {
        let (opened, closed): (String, String) =
            path.split('/').fold(Default::default(), |(opened, closed), name| {
                (format!("{opened}<{name}>"), format!("</{name}>{closed}"))
            });
        format!("<location path=\"a\">{opened}{closed}</location>")
    };
    of_server.map(|known| at_end(sample, &within(&known.path))).collect()
}

fn locations<'s, 't>(sample: &'s Sample<'t>) -> impl Iterator<Item = &'s Element<'t>> {
    sample.named("location").into_iter()
}

fn pools<'s, 't>(sample: &'s Sample<'t>) -> impl Iterator<Item = &'s Element<'t>> {
    let all = sample.named("applicationPools").into_iter();
    all.flat_map(|all| sample.document.named(all, "add"))
}

fn sites<'s, 't>(sample: &'s Sample<'t>) -> impl Iterator<Item = &'s Element<'t>> {
    sample.named("site").into_iter()
}

/// Another path where the root is.
fn paths(sample: &Sample<'_>, name: &str, path: &str) -> Vec<Edit> {
    let roots = sample.named(name).into_iter().filter(|element| element.says("path", "/"));
    roots.map(|element| write(element, "path", path)).collect()
}

fn bindings(sample: &Sample<'_>, information: &str) -> Vec<Edit> {
    let web = sample
        .named("binding")
        .into_iter()
        .filter(|binding| binding.says("protocol", "http") || binding.says("protocol", "https"));
    // One file has a text in place of a port.
    let works =
        |binding: &&Element<'_>| !binding.value("bindingInformation").is_some_and(|own| own.contains('['));
    web.filter(works).map(|binding| write(binding, "bindingInformation", information)).collect()
}
