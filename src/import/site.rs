//! The site, its bindings, and the folder of the application.

use iis_config::limits::SSL_FLAG_SNI;
use iis_config::markup::Element;
use iis_config::paths::same;

use super::draft::{Draft, File, Why};
use super::server::Server;
use crate::defaults::{site_id, usual_root_folder};
use crate::kallithea::facts::NAME;
use crate::merge::served::physical_path;
use crate::spec::{BindingSpec, CertificateSpec, ProtocolSpec, pointer};

pub(super) fn read(server: &Server<'_, '_>, draft: &mut Draft) {
    let name = server.site.value("name").unwrap_or_default();
    let path = server.path();
    draft.spec.site.name = draft.read(pointer!(site.name), name).unwrap_or_default();
    let id = server.site.value("id").and_then(|id| id.parse().ok());
    let is_own = path == "/" || server.owns(server.site);
    let is_found_by_name = !is_own && !name.eq_ignore_ascii_case(iis_config::names::DEFAULT_WEB_SITE);
    draft.spec.site.id = id.filter(|id| is_found_by_name || *id != site_id(name));
    path.clone_into(&mut draft.spec.virtual_directory.path);
    let written = physical_path(server.host, server.application);
    draft.spec.virtual_directory.physical_path =
        written.and_then(|folder| draft.read(pointer!(virtual_directory.physical_path), folder));
    if !is_own {
        draft.spec.site.existing = true;
        return;
    }
    if path != "/" {
        let root = server
            .host
            .named(server.site, "application")
            .find(|application| application.value("path") == Some("/"));
        let written = root.and_then(|root| physical_path(server.host, root));
        let written = written.filter(|folder| !same(folder, &usual_root_folder()));
        draft.spec.site.physical_path =
            written.and_then(|folder| draft.read(pointer!(site.physical_path), folder));
    }
    bindings(server, draft);
}

fn bindings(server: &Server<'_, '_>, draft: &mut Draft) {
    let all = server.host.descend(server.site, &["bindings"]);
    for written in all.into_iter().flat_map(|all| server.host.named(all, "binding")) {
        let protocol = written.value("protocol").unwrap_or_default();
        let information = written.value("bindingInformation").unwrap_or_default();
        let called = format!("binding {protocol} {information}");
        let Some(protocol) = ProtocolSpec::from_iis(protocol) else {
            let what = format!("{called}: {NAME} supports only http and https");
            draft.leave(Why::Foreign, File::Host, written.offset, what);
            continue;
        };
        match Listened::from_iis(information) {
            Some(listened) => {
                let binding = binding(protocol, &listened, written, draft);
                add(draft, binding, &listened, written);
            }
            None => {
                let what = format!("{called}: it is not `address:port:host`");
                draft.leave(Why::Author, File::Host, written.offset, what);
            }
        }
    }
    if draft.spec.site.bindings.is_empty() {
        let words =
            "The file has no readable http or https binding of the site. Write what the site listens on.";
        draft.blank_entry(pointer!(site.bindings), pointer!(site.bindings[0].protocol), words);
    }
}

/// A binding's `address:port:host`; no address means all.
struct Listened<'w> {
    address: &'w str,
    port: u16,
    host: &'w str,
}

impl<'w> Listened<'w> {
    fn from_iis(information: &'w str) -> Option<Self> {
        let mut parts = information.rsplitn(3, ':');
        let (host, port, address) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
        Some(Self { address, port, host })
    }
}

fn binding(
    protocol: ProtocolSpec,
    listened: &Listened<'_>,
    written: &Element<'_>,
    draft: &mut Draft,
) -> BindingSpec {
    let Listened { address, port, host } = *listened;
    let is_secure = protocol == ProtocolSpec::Https;
    let place = pointer!(site.bindings[draft.spec.site.bindings.len()].host_name);
    BindingSpec {
        protocol,
        ip_address: address.parse().ok().filter(|_| !address.is_empty()).unwrap_or_default(),
        port: (port != protocol.usual_port()).then_some(port),
        host_name: draft.read(place, host).unwrap_or_default(),
        certificate: is_secure.then(CertificateSpec::default),
        server_name_indication: is_secure && flags(written) & SSL_FLAG_SNI != 0,
    }
}

fn flags(written: &Element<'_>) -> u32 {
    written.value("sslFlags").and_then(|flags| flags.parse().ok()).unwrap_or_default()
}

fn add(draft: &mut Draft, binding: BindingSpec, listened: &Listened<'_>, written: &Element<'_>) {
    let place = pointer!(site.bindings[draft.spec.site.bindings.len()]);
    if listened.address.is_empty() {
        draft.remark(&place, "On the server the address is empty; IIS writes `*` for all addresses.");
    }
    if flags(written) & !SSL_FLAG_SNI != 0 {
        let what = format!(
            "sslFlags={:?}: the spec supports only bit 1, Server Name Indication",
            flags(written).to_string()
        );
        draft.leave(Why::Unknown, File::Host, written.offset, what);
    }
    if binding.certificate.is_some() {
        draft.blank(
            pointer!(place => BindingSpec.certificate?.thumbprint),
            "Windows keeps the certificate, and no file of IIS names it: `netsh http show sslcert` shows its \
             hash and store.",
        );
    }
    if *listened.host != *binding.host_name {
        // The spec contains it as written.
        draft.take(File::Host, written.offset);
    }
    draft.spec.site.bindings.push(binding);
}
