//! `applicationHost/*.config`: the parts that only applicationHost.config can contain. Each is a document that
//! contains only that part, in its place.

use iis_config::limits;

use super::farm;
use super::sections::{Place, locations};
use super::xml::Element;
use crate::kallithea::facts::NAME;
use crate::model::{
    Application, Architecture, Binding, Deployment, FailedRequestTracing, Machine, OwnPool, OwnSite,
    Protocol, Recycling, StartMode, Version,
};
use crate::template::provenance;
use crate::tree::Tree;

/// What a part of applicationHost.config is, in IIS's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An application pool.
    ApplicationPool,
    /// A site.
    Site,
    /// An application of an existing site.
    Application,
    /// The switch of failed request tracing, of an existing site.
    Tracing,
    /// An entry of the ISAPI and CGI restrictions.
    Restriction,
    /// The settings for the application's path.
    Location,
    /// A server farm of Application Request Routing.
    WebFarm,
    /// A rule of URL Rewrite for the whole server.
    GlobalRule,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::ApplicationPool,
        Self::Site,
        Self::Application,
        Self::Tracing,
        Self::Restriction,
        Self::Location,
        Self::WebFarm,
        Self::GlobalRule,
    ];

    /// The file that it is written to.
    pub(super) fn file(self) -> &'static str {
        match self {
            Self::ApplicationPool => "applicationPool",
            Self::Site => "site",
            Self::Application | Self::Tracing => "application",
            Self::Restriction => "isapiCgiRestriction",
            Self::Location => "location",
            Self::WebFarm => "webFarms",
            Self::GlobalRule => "globalRules",
        }
    }
}

/// A node of applicationHost.config that belongs to the deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub kind: Kind,
    /// The elements around it below `<configuration>`, the outermost first, with the attributes that identify them.
    pub around: Vec<Element>,
    /// The node.
    pub element: Element,
}

impl Part {
    /// The attribute that the node needs on the element around it. It applies to everything in that element, so it is not the
    /// deployment's own.
    pub(crate) fn setting(&self) -> Option<(&'static str, &str)> {
        let around = self.around.last().filter(|_| self.kind == Kind::GlobalRule)?;
        around.attributes().next()
    }
}

pub(super) fn emit(deployment: &Deployment, tree: &mut Tree) {
    documents("applicationHost", deployment, tree);
    if let Some(front) = deployment.front() {
        documents("arr/applicationHost", &front, tree);
    }
}

fn documents(folder: &str, deployment: &Deployment, tree: &mut Tree) {
    let parts = parts(deployment);
    for together in by_file(&parts) {
        let mut root = Element::new("configuration");
        together.iter().for_each(|part| root.place(&part.around, part.element.clone()));
        let path = format!("{folder}/{}.config", together[0].kind.file());
        tree.insert(path, root.document(&provenance(deployment)));
    }
}

/// The parts of each file, in the order of the files.
pub(super) fn by_file(parts: &[Part]) -> impl Iterator<Item = &[Part]> {
    parts.chunk_by(|one, next| one.kind.file() == next.kind.file())
}

/// Everything in applicationHost.config that belongs to the deployment.
pub fn parts(deployment: &Deployment) -> Vec<Part> {
    let part = |kind, around: &[Element], element| Part { kind, around: around.to_vec(), element };
    let section = |name| [Element::new("system.applicationHost"), Element::new(name)];
    let mut parts = Vec::new();
    if let Some(own) = &deployment.pool.own {
        parts.push(part(Kind::ApplicationPool, &section("applicationPools"), pool(deployment, own)));
    }
    match &deployment.site.own {
        Some(own) => parts.push(part(Kind::Site, &section("sites"), own_site(deployment, own))),
        None => {
            let mut around = section("sites").to_vec();
            around.push(existing_site(deployment));
            let Application { path, physical_path } = &deployment.application;
            let deployed = application(deployment, path, physical_path, deployment.warm_up_page.is_some());
            parts.push(part(Kind::Application, &around, deployed));
            let switch = deployment.tracing.as_ref().map(tracing_switch);
            parts.extend(switch.map(|switch| part(Kind::Tracing, &around, switch)));
        }
    }
    if let (Machine::Front, Some(farm)) = (deployment.machine, &deployment.farm) {
        parts.push(part(Kind::WebFarm, &[Element::new("webFarms")], farm::web_farm(deployment, farm)));
        let around = [Element::new("system.webServer"), Element::new("rewrite"), farm::global_rules()];
        parts.push(part(Kind::GlobalRule, &around, farm::global_rule(deployment, farm)));
    } else {
        let around = ["system.webServer", "security", "isapiCgiRestriction"].map(Element::new);
        parts.push(part(Kind::Restriction, &around, restriction(deployment)));
    }
    let locations = locations(deployment, Place::Location).into_iter();
    parts.extend(locations.map(|(path, body)| {
        part(Kind::Location, &[], Element::new("location").with("path", path).child(body))
    }));
    parts
}

/// The pool, without managed code: page `system.applicationhost/applicationpools/add`.
fn pool(deployment: &Deployment, own: &OwnPool) -> Element {
    let start_mode = own.start_mode.map(StartMode::as_iis);
    let element = Element::new("add")
        .with("name", &deployment.pool.name)
        .with("queueLength", own.queue_length)
        .with("enable32BitAppOnWin64", deployment.target.architecture == Architecture::X86)
        .with("managedRuntimeVersion", "")
        .with("managedPipelineMode", "Integrated")
        .with_some("startMode", start_mode)
        .child(process_model(own))
        .child(recycling(&own.recycling));
    if own.environment_variables.is_empty() {
        return element;
    }
    let variables = own.environment_variables.iter();
    let variables =
        variables.map(|(name, value)| Element::new("add").with("name", name).with("value", value));
    element.child(Element::new("environmentVariables").children(variables))
}

fn process_model(own: &OwnPool) -> Element {
    Element::new("processModel")
        .with("identityType", own.identity.as_iis())
        .with_some("userName", own.user_name.as_ref())
        .with("idleTimeout", own.idle_timeout)
        .with("maxProcesses", own.max_processes)
        .with("shutdownTimeLimit", own.shutdown_time_limit)
}

fn recycling(recycling: &Recycling) -> Element {
    let given = |number: u32| (number > 0).then_some(number);
    let mut restart = Element::new("periodicRestart")
        .with_some("privateMemory", given(recycling.private_memory))
        .with_some("requests", given(recycling.requests))
        .with("time", recycling.time);
    if !recycling.schedule.is_empty() {
        let times = recycling.schedule.iter().map(|time| Element::new("add").with("value", time));
        restart = restart.child(Element::new("schedule").children(times));
    }
    Element::new("recycling").child(restart)
}

fn application(deployment: &Deployment, path: &str, folder: &str, is_preloaded: bool) -> Element {
    Element::new("application")
        .with("path", path)
        .with("applicationPool", &deployment.pool.name)
        .with_some("preloadEnabled", is_preloaded.then_some(true))
        .child(Element::new("virtualDirectory").with("path", "/").with("physicalPath", folder))
}

/// A site with its bindings, and a root application if Kallithea's path is below it: page
/// `system.applicationhost/sites/site`.
fn own_site(deployment: &Deployment, own: &OwnSite) -> Element {
    let root = own.root_folder.as_ref().map(|folder| application(deployment, "/", folder, false));
    let Application { path, physical_path } = &deployment.application;
    let deployed = application(deployment, path, physical_path, deployment.warm_up_page.is_some());
    let bindings = own.bindings.iter().map(|one| binding(one, deployment.target.version));
    Element::new("site")
        .with("name", &deployment.site.name)
        .with("id", deployment.site.id)
        .with("serverAutoStart", true)
        .children(root)
        .child(deployed)
        .child(Element::new("bindings").children(bindings))
        .children(url_segments(deployment.target.version))
        .children(deployment.tracing.as_ref().map(tracing_switch))
}

/// By default IIS refuses a URL of more than 32 segments, and so a file in a deep folder of a repository.
/// HTTP.sys accepts 255.
fn url_segments(version: Version) -> Option<Element> {
    let known = version >= Version::V8_0;
    known.then(|| Element::new("limits").with("maxUrlSegments", limits::HTTP_SYS_URL_SEGMENTS))
}

fn binding(binding: &Binding, version: Version) -> Element {
    let information = format!("{}:{}:{}", binding.ip_address, binding.port, binding.host_name);
    let flags = if binding.server_name_indication { limits::SSL_FLAG_SNI } else { 0 };
    let has_flags = binding.protocol == Protocol::Https && version >= limits::SNI_SINCE;
    Element::new("binding")
        .with("protocol", binding.protocol.as_iis())
        .with("bindingInformation", information)
        .with_some("sslFlags", has_flags.then_some(flags))
}

/// Failed request tracing needs this switch of the site in addition to its rules.
fn tracing_switch(tracing: &FailedRequestTracing) -> Element {
    Element::new("traceFailedRequestsLogging")
        .with("enabled", true)
        .with("directory", &tracing.directory)
        .with("maxLogFiles", tracing.max_log_files)
}

/// An existing site, identified by name and number.
fn existing_site(deployment: &Deployment) -> Element {
    Element::new("site").with("name", &deployment.site.name).with("id", deployment.site.id)
}

/// IIS answers 404.2 for an ISAPI extension that is not listed: page
/// `system.webserver/security/isapicgirestriction`.
fn restriction(deployment: &Deployment) -> Element {
    Element::new("add")
        .with("path", deployment.dispatch_dll())
        .with("allowed", true)
        .with("groupId", "kallithea-iisc")
        .with("description", format!("{NAME} ({})", deployment.name))
}
