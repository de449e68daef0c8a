//! The site: its name, its bindings, TLS.

use std::net::{Ipv4Addr, Ipv6Addr};

use iis_config::names;

use super::{Rule, refusal};
use crate::check::context::Context;
use crate::defaults;
use crate::diagnostic::{Code, Diagnostic};
use crate::spec::{BindingSpec, ProtocolSpec};
use iis_config::names::DEFAULT_WEB_SITE;

pub(super) const RULES: &[Rule] = &[
    bad_site_name,
    existing_site,
    own_site,
    bad_address,
    same_address,
    one_certificate_per_address,
    https_without_certificate,
    certificate_without_https,
    sni_without_host_name,
    tls_without_https,
    strict_transport_without_tls,
];

fn bad_site_name(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let name = context.spec.site.name.as_str();
    if let (Err(why), false) = (names::site(name), name.is_empty()) {
        let message = format!("`{name}` cannot be a site's name: {}", refusal(why));
        problems.push(
            Diagnostic::new(Code::BadSiteName, context.span("/site/name"), message)
                .help("use the name that IIS Manager shows, or letters, digits and spaces for a new one"),
        );
    }
}

fn existing_site(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let site = &context.spec.site;
    if !site.existing {
        return;
    }
    let mut refuse = |pointer: &str, message: &str, help: &str| {
        problems.push(Diagnostic::new(Code::ExistingSite, context.span(pointer), message).help(help));
    };
    if !site.bindings.is_empty() {
        refuse(
            "/site/bindings",
            "an existing site keeps its own bindings",
            "take them out, or make it a site of its own with `existing: false`",
        );
    }
    if site.physical_path.is_some() {
        refuse(
            "/site/physicalPath",
            "an existing site keeps its own root folder",
            "take it out; Kallithea's own folder is `virtualDirectory.physicalPath`",
        );
    }
    if context.spec.virtual_directory.path == "/" {
        let help = "give `virtualDirectory.path`, such as /kallithea, or make it a site of its own with `existing: false`";
        refuse("/virtualDirectory/path", "`/` of an existing site belongs to what is there already", help);
    }
    if site.id.is_none() && !site.name.is_empty() && !site.name.eq_ignore_ascii_case(DEFAULT_WEB_SITE) {
        refuse(
            "/site/name",
            "an existing site is found by its number as well as by its name",
            "add `id`, the number in the list of sites in IIS Manager",
        );
    }
}

fn own_site(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let site = &context.spec.site;
    if site.existing {
        return;
    }
    if site.bindings.is_empty() && !context.written("/site/bindings/0") {
        let help =
            "add `bindings` with at least a protocol, or `existing: true` where the site is there already";
        let message = "a site of its own needs a binding to listen on";
        problems
            .push(Diagnostic::new(Code::ExistingSite, context.span("/site/bindings"), message).help(help));
    }
    if site.physical_path.is_some() && context.spec.virtual_directory.path == "/" {
        let message = "at `/` the site's root folder is `virtualDirectory.physicalPath`";
        let help = "move the folder there, or take it out";
        problems.push(
            Diagnostic::new(Code::ExistingSite, context.span("/site/physicalPath"), message).help(help),
        );
    }
}

/// The address that a binding claims, as HTTP.sys tells them apart.
fn address(binding: &BindingSpec) -> (String, u16, String) {
    (binding.ip_address.0.to_lowercase(), defaults::port(binding), binding.host_name.to_lowercase())
}

/// What the site listens on, and what the front of a farm does, each with its place in the spec.
fn listeners<'a>(context: &Context<'a>) -> impl Iterator<Item = (&'static str, &'a [BindingSpec])> {
    let front = context.spec.farm.as_ref().map(|farm| ("/farm/front/bindings", &*farm.front.bindings));
    [("/site/bindings", &*context.spec.site.bindings)].into_iter().chain(front)
}

/// Each binding with its place in the spec.
pub(super) fn each_binding<'a>(context: &Context<'a>) -> impl Iterator<Item = (String, &'a BindingSpec)> {
    listeners(context).flat_map(|(list, bindings)| {
        bindings.iter().enumerate().map(move |(index, binding)| (format!("{list}/{index}"), binding))
    })
}

fn bad_address(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    for (place, binding) in each_binding(context) {
        let text = binding.ip_address.0.as_str();
        let six = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let good = text == "*"
            || text.parse::<Ipv4Addr>().is_ok()
            || six.is_some_and(|address| address.parse::<Ipv6Addr>().is_ok());
        if !good {
            let span = context.span(&format!("{place}/ipAddress"));
            problems.push(
                Diagnostic::new(Code::BadAddress, span, format!("`{text}` is no IP address"))
                    .help("write `*` for all addresses, 192.0.2.1, or [2001:db8::1]"),
            );
        }
    }
}

fn same_address(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let all = listeners(context)
        .flat_map(|(list, bindings)| (0..bindings.len()).map(move |index| (list, bindings, index)));
    for (list, bindings, index) in all {
        let binding = &bindings[index];
        let Some(first) = bindings[..index].iter().position(|earlier| address(earlier) == address(binding))
        else {
            continue;
        };
        let (ip, port, host) = address(binding);
        let span = context.span(&format!("{list}/{index}/protocol"));
        problems.push(
            Diagnostic::new(
                Code::SameAddress,
                span,
                format!("this binding listens on {ip}:{port}:{host} a second time"),
            )
            .related(context.span(&format!("{list}/{first}/protocol")), "the first")
            .help("give it another IP address, port or host name"),
        );
    }
}

fn one_certificate_per_address(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let without_sni =
        |binding: &&BindingSpec| binding.protocol == ProtocolSpec::Https && !binding.server_name_indication;
    let thumbprint = |binding: &BindingSpec| binding.certificate.as_ref().map(|found| found.thumbprint);
    let all = listeners(context)
        .flat_map(|(list, bindings)| (0..bindings.len()).map(move |index| (list, bindings, index)));
    for (list, bindings, index) in all.filter(|(_, bindings, index)| without_sni(&&bindings[*index])) {
        let binding = &bindings[index];
        let (ip, port, _) = address(binding);
        let clash = bindings[..index].iter().filter(without_sni).any(|earlier| {
            let (earlier_ip, earlier_port, _) = address(earlier);
            (earlier_ip, earlier_port) == (ip.clone(), port) && thumbprint(earlier) != thumbprint(binding)
        });
        if clash {
            let message = format!(
                "without SNI, {ip}:{port} has one certificate for all host names, and an earlier binding gives it another"
            );
            problems.push(
                Diagnostic::new(
                    Code::SameAddress,
                    context.span(&format!("{list}/{index}/certificate")),
                    message,
                )
                .help("set `serverNameIndication: true` on both, or use one certificate for both"),
            );
        }
    }
}

fn https_without_certificate(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    for (place, binding) in each_binding(context) {
        if binding.protocol == ProtocolSpec::Https && binding.certificate.is_none() {
            let span = context.span(&format!("{place}/protocol"));
            problems.push(
                Diagnostic::new(Code::HttpsWithoutCertificate, span, "this https binding has no certificate")
                    .help("add `certificate` with the thumbprint of one in the local machine's store"),
            );
        }
    }
}

fn certificate_without_https(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    for (place, binding) in each_binding(context) {
        if binding.protocol == ProtocolSpec::Https {
            continue;
        }
        let keys = [
            ("certificate", binding.certificate.is_some()),
            ("serverNameIndication", binding.server_name_indication),
        ];
        for (key, _) in keys.into_iter().filter(|(_, given)| *given) {
            let span = context.span(&format!("{place}/{key}"));
            problems.push(
                Diagnostic::new(
                    Code::CertificateWithoutHttps,
                    span,
                    format!("`{key}` means nothing on an http binding"),
                )
                .help("set `protocol: https`, or take it out"),
            );
        }
    }
}

fn sni_without_host_name(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    for (place, binding) in each_binding(context) {
        if binding.server_name_indication && binding.host_name.is_empty() {
            let span = context.span(&format!("{place}/serverNameIndication"));
            problems.push(
                Diagnostic::new(
                    Code::SniWithoutHostName,
                    span,
                    "Server Name Indication chooses the certificate by host name, and there is none",
                )
                .help("add `hostName`"),
            );
        }
    }
}

fn has_https(context: &Context<'_>) -> bool {
    defaults::public_bindings(context.spec).iter().any(|binding| binding.protocol == ProtocolSpec::Https)
}

fn tls_without_https(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let site = &context.spec.site;
    if context.spec.tls.required == Some(true)
        && (!site.existing || context.spec.farm.is_some())
        && !defaults::public_bindings(context.spec).is_empty()
        && !has_https(context)
    {
        problems.push(
            Diagnostic::new(
                Code::TlsWithoutHttps,
                context.span("/tls/required"),
                "TLS is required, and no binding offers it",
            )
            .help("add a binding with `protocol: https` and a certificate"),
        );
    }
}

fn strict_transport_without_tls(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let site = &context.spec.site;
    let offered = if site.existing && context.spec.farm.is_none() {
        defaults::tls_required(context.spec)
    } else {
        has_https(context)
    };
    if context.spec.tls.strict_transport_security.is_some() && !offered {
        let help = if site.existing {
            "set `tls.required: true`, or take it out"
        } else {
            "add an https binding, or take it out"
        };
        let message = "browsers ignore Strict-Transport-Security over plain http";
        problems.push(
            Diagnostic::new(
                Code::StrictTransportWithoutTls,
                context.span("/tls/strictTransportSecurity"),
                message,
            )
            .help(help),
        );
    }
}
