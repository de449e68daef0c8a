//! Finds what was not imported: compares every node that belongs to the application with what a deployment of the
//! drafted spec has in its place.
//!
//! In: the server's files, and what is emitted for the draft. Out: what the deployment would not say, or would say
//! differently. So a key that is added to `emit` is either imported or listed here, and no list needs it. Absent: what
//! another rule of `import` has used or mentioned, which the draft knows.
//!
//! A value is shown if the project's tables know its attribute and the name suggests no secret; of all other attributes only
//! the name is shown.

use iis_config::case::is_name;
use iis_config::markup::{Attribute, Document, Element};
use iis_config::names::is_at_or_below;
use iis_config::{TimeSpan, paths};

use super::draft::{Draft, File, Why};
use super::server::Server;
use crate::diagnostic::redact::{is_secret_value, suggests_secret};
use crate::emit::{Kind, parts, web_server, xml};
use crate::kallithea::facts::NAME;
use crate::merge::keys::Place;
use crate::model::Deployment;

/// What a deployment has in place of the application's nodes.
pub(super) struct Emitted {
    pool: Option<xml::Element>,
    site: Option<xml::Element>,
    application: Vec<xml::Element>,
    /// The sections of the application, in whichever file they are.
    configuration: xml::Element,
    /// The locations of pages in the application.
    below: Vec<xml::Element>,
}

impl Emitted {
    /// What is emitted for a deployment.
    pub(super) fn of(deployment: &Deployment) -> Self {
        let parts = parts(deployment);
        let of_kind = |kind| parts.iter().filter(move |part| part.kind == kind).map(|part| &part.element);
        let site = of_kind(Kind::Site).next().cloned();
        let is_it = |element: &&xml::Element| {
            element.name() == "application" && element.value("path") == Some(&*deployment.application.path)
        };
        let application = site.iter().flat_map(xml::Element::elements).chain(of_kind(Kind::Application));
        let location = deployment.location();
        let is_own = |own: &&xml::Element| own.value("path") == Some(&*location);
        let own = of_kind(Kind::Location).filter(is_own);
        let sections = own.flat_map(|own| own.elements().to_vec()).chain([web_server(deployment)]);
        Self {
            pool: of_kind(Kind::ApplicationPool).next().cloned(),
            application: application.filter(is_it).cloned().collect(),
            configuration: xml::Element::new("configuration").children(sections),
            below: of_kind(Kind::Location).filter(|other| !is_own(other)).cloned().collect(),
            site,
        }
    }
}

/// Lists what a deployment would not have.
pub(super) fn read(server: &Server<'_, '_>, draft: &mut Draft, emitted: &Emitted) {
    let place = |path: &[&str]| path.iter().fold(Place::root(), |place, name| place.child(name));
    let sites = ["system.applicationHost", "sites", "site"];
    let is_own_site = !draft.spec.site.existing;
    let pool = server.pool.filter(|_| !draft.spec.application_pool.existing);
    let mut walk = Walk { server, draft, emitted, document: server.host, file: File::Host };
    if let Some(pool) = pool {
        let wanted: Vec<_> = emitted.pool.iter().collect();
        walk.element(pool, &place(&["system.applicationHost", "applicationPools", "add"]), "pool", &wanted);
    }
    if is_own_site {
        let wanted: Vec<_> = emitted.site.iter().collect();
        walk.element(server.site, &place(&sites), "site", &wanted);
    }
    let application = place(&[sites.as_slice(), &["application"]].concat());
    let wanted: Vec<_> = emitted.application.iter().collect();
    walk.element(server.application, &application, "application", &wanted);
    walk.locations();
    walk.document = server.web;
    walk.file = File::WebConfig;
    walk.children(server.web.root(), &Place::root(), "", &[&emitted.configuration]);
}

struct Walk<'s, 'd, 'a> {
    server: &'s Server<'d, 'a>,
    draft: &'s mut Draft,
    emitted: &'s Emitted,
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
        for location in self.document.named(self.document.root(), "location") {
            if location.says("path", &own) {
                let is_path = |attribute: &&Attribute<'_>| attribute.is_named("path");
                let attributes = location.attributes.iter().filter(|attribute| !is_path(attribute));
                attributes.for_each(|attribute| self.attribute(attribute, &Place::root(), "location", &[]));
                self.children(location, &Place::root(), "", &[&self.emitted.configuration]);
            } else if location.value("path").is_some_and(|path| is_at_or_below(path, &own)) {
                let path = location.value("path").unwrap_or_default();
                let is_it = |wanted: &&xml::Element| {
                    wanted.value("path").is_some_and(|known| known.eq_ignore_ascii_case(path))
                };
                if let Some(wanted) = self.emitted.below.iter().find(is_it) {
                    self.children(location, &Place::root(), &format!("location {path}"), &[wanted]);
                    continue;
                }
                let why = if self.is_of_another(path) { Why::Foreign } else { Why::Unknown };
                self.leave(why, location.offset, format!("location {path}"));
            }
        }
    }

    /// Whether a location's path is in another application of the site.
    fn is_of_another(&self, path: &str) -> bool {
        let site = self.server.site.value("name").unwrap_or_default();
        let mut others =
            self.server.host.named(self.server.site, "application").filter_map(|known| known.value("path"));
        others.any(|known| {
            known.len() > self.server.path().len() && is_at_or_below(path, &format!("{site}{known}"))
        })
    }

    /// Compares an element with those that the deployment has in its place.
    fn element(&mut self, element: &Element<'a>, place: &Place, path: &str, wanted: &[&xml::Element]) {
        // If both are off, nothing else in them has an effect.
        let is_off = |wanted: &&xml::Element| wanted.value("enabled") == Some("false");
        if element.says("enabled", "false") && wanted.iter().any(is_off) {
            return;
        }
        element.attributes.iter().for_each(|attribute| self.attribute(attribute, place, path, wanted));
        self.children(element, place, path, wanted);
    }

    fn attribute(&mut self, attribute: &Attribute<'_>, place: &Place, path: &str, wanted: &[&xml::Element]) {
        let (name, value) = (attribute.name, attribute.value.as_str());
        let attributes = || wanted.iter().flat_map(|wanted| wanted.attributes());
        let said = attributes().find(|(known, _)| is_name(name, known)).map(|(_, said)| said);
        let usual = place.default(name, self.server.version);
        // Nodes that IIS treats as one have the same keys, even if these are written differently.
        if said.is_some_and(|said| place.is_key(name) || says_the_same(place, name, value, said))
            || usual.is_some_and(|usual| usual.eq_ignore_ascii_case(value))
            || self.draft.holds(value)
            || self.draft.has_spoken_of(self.file, &(attribute.offset..attribute.offset + 1))
        {
            return;
        }
        let what = format!("{path}@{name}{}", shown(place, name, value));
        let what = match said {
            Some(said) => format!("{what}: the deployment has {said:?}"),
            None if suggests_secret(name) => {
                format!("{what}: secrets are not copied; it stays on the server")
            }
            None => what,
        };
        self.leave(Why::Unknown, attribute.offset, what);
    }

    fn children(&mut self, element: &Element<'a>, place: &Place, path: &str, wanted: &[&xml::Element]) {
        for index in &element.children {
            let child = &self.document.elements[*index];
            let inner = place.child(child.name);
            let called = inner.call(child.name, |name| {
                let value = child.value(name)?;
                (!suggests_secret(name) && !is_secret_value(value)).then(|| value.to_owned())
            });
            let full = format!("{path}/{called}").trim_start_matches('/').to_owned();
            let below = wanted.iter().flat_map(|wanted| wanted.elements());
            let below: Vec<_> = below.filter(|wanted| inner.is_same(wanted, child)).collect();
            let is_spoken_of = self.draft.has_spoken_of(self.file, &child.tag());
            if is_spoken_of || self.is_as_installed(child, &inner, &below) {
                continue;
            }
            let is_within =
                !below.is_empty() || self.draft.has_spoken_of(self.file, &(child.offset..child.end));
            match self.is_of_others(child, &full) {
                false if is_within => self.element(child, &inner, &full, &below),
                _ => {
                    if let Some((why, what)) = self.judge(child, &full) {
                        self.leave(why, child.offset, what);
                    }
                }
            }
        }
    }

    /// Whether it is off, which is the default if nobody wrote it.
    fn is_as_installed(&self, child: &Element<'_>, place: &Place, wanted: &[&xml::Element]) -> bool {
        let usual = place.default("enabled", self.server.version);
        wanted.is_empty() && child.says("enabled", "false") && usual == Some("false")
    }

    /// Whether it is judged as a whole, whatever the deployment has: another application, and what answered requests before
    /// the bridge.
    fn is_of_others(&self, child: &Element<'_>, path: &str) -> bool {
        let is_application = child.is_named("application");
        let is_mapping = path.starts_with("system.webServer/handlers/add");
        is_application || is_mapping && self.server.owner.is_none()
    }

    /// Why an element is not imported, and what to report about it; `None` if there is nothing to report.
    fn judge(&self, child: &Element<'a>, path: &str) -> Option<(Why, String)> {
        let plain = || path.to_owned();
        if child.is_named("application") && path.starts_with("site/") {
            // If the path is below `/`, the site's root application is the deployment's, too.
            let is_made = child.index == self.server.application.index || child.value("path") == Some("/");
            return (!is_made).then(|| (Why::Foreign, plain()));
        }
        if path.starts_with("site/logFile") {
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
        if path.starts_with("system.webServer/handlers/add") {
            return Some((Why::Unknown, format!("{path}: the bridge answers every path")));
        }
        if !path.starts_with("system.webServer")
            && !path.starts_with("pool")
            && !path.starts_with("application/")
            && !path.starts_with("location")
        {
            return Some((Why::Foreign, format!("{path}: {NAME} does not read it")));
        }
        Some((Why::Unknown, plain()))
    }
}

/// Whether two values mean the same: as IIS reads them, and for paths as Windows does.
fn says_the_same(place: &Place, name: &str, one: &str, other: &str) -> bool {
    let span = |text: &str| text.parse::<TimeSpan>().ok();
    place.says_the_same(name, one, other)
        || span(one).is_some_and(|one| Some(one) == span(other))
        || other.contains('\\') && paths::same(one, other)
}

/// The names of the entries in a list of settings.
fn names(document: &Document<'_>, element: &Element<'_>) -> String {
    let is_within = |known: &&Element<'_>| element.offset < known.offset && known.end <= element.end;
    let within = document.elements.iter().filter(is_within);
    let names: Vec<_> = within.filter_map(|known| known.value("name").or(known.value("key"))).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// An attribute's value as a person may see it.
fn shown(place: &Place, name: &str, value: &str) -> String {
    match place.knows(name) && !suggests_secret(name) && !is_secret_value(value) {
        true => format!("=\"{value}\""),
        false => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use iis_config::markup::parse;

    use super::*;
    use crate::import::Wanted;

    const HOST: &str = r#"<configuration><system.applicationHost>
        <applicationPools><add name="Code"><failure rapidFailProtectionMaxCrashes="7" /></add></applicationPools>
        <sites><site name="Code" id="9"><application path="/" applicationPool="Code">
        <virtualDirectory path="/" physicalPath="D:\code" /></application></site></sites>
        </system.applicationHost></configuration>"#;

    /// What is listed for a server if emit has this for the pool.
    fn left(pool: xml::Element) -> Vec<String> {
        let (host, web) = (parse(HOST).expect("XML"), parse("<configuration/>").expect("XML"));
        let wanted = Wanted { site: "Code", application: "/", above: &[], name: None };
        let server = Server::find(&host, &web, wanted).expect("the application");
        let mut draft = Draft::new();
        let emitted = Emitted {
            pool: Some(pool),
            site: None,
            below: Vec::new(),
            application: Vec::new(),
            configuration: xml::Element::new("configuration"),
        };
        read(&server, &mut draft, &emitted);
        draft.left().filter(|what| what.starts_with("pool")).map(ToOwned::to_owned).collect()
    }

    #[test]
    fn what_emit_begins_to_write_is_taken_over_or_told_and_no_list_knows_of_it() {
        let pool = || xml::Element::new("add").with("name", "Code");
        let with = |crashes| {
            pool().child(xml::Element::new("failure").with("rapidFailProtectionMaxCrashes", crashes))
        };
        assert_eq!(left(pool()), ["pool/failure"], "emit does not write it");
        assert_eq!(left(with(7)), [""; 0], "emit writes the same");
        let told = "pool/failure@rapidFailProtectionMaxCrashes=\"7\": the deployment has \"9\"";
        assert_eq!(left(with(9)), [told], "emit writes something else");
    }
}
