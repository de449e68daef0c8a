//! The site: its name, its bindings, TLS.

use super::Rule;
use crate::check::context::Context;
use crate::defaults;
use crate::diagnostic::{Code, Diagnostic};
use crate::spec::{BindingSpec, Pointer, ProtocolSpec, pointer};

pub(super) const RULES: &[Rule] = &[
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

fn existing_site(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let site = &context.spec.site;
    if !site.existing {
        return;
    }
    let mut refuse = |pointer: Pointer, message: &str, help: &str| {
        problems.push(Diagnostic::new(Code::ExistingSite, context.span(pointer), message).help(help));
    };
    if !site.bindings.is_empty() {
        refuse(
            pointer!(site.bindings),
            "an existing site keeps its own bindings",
            "remove them, or create a new site with `existing: false`",
        );
    }
    if context.written(pointer!(site.physical_path)) {
        refuse(
            pointer!(site.physical_path),
            "an existing site keeps its own root folder",
            "remove it; `virtualDirectory.physicalPath` is Kallithea's own folder",
        );
    }
    if context.spec.virtual_directory.path == "/" {
        let help = "set `virtualDirectory.path`, for example to /kallithea, or create a new site with \
            `existing: false`";
        refuse(
            pointer!(virtual_directory.path),
            "`/` of an existing site belongs to its own root application",
            help,
        );
    }
    if site.id.is_none() && !site.name.is_empty() && !site.name.is_default_web_site() {
        refuse(
            pointer!(site.name),
            "an existing site needs its number as well as its name",
            "add `id`, the site's number in the list of IIS Manager",
        );
    }
}

fn own_site(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let site = &context.spec.site;
    if site.existing {
        return;
    }
    if site.bindings.is_empty() && !context.written(pointer!(site.bindings[0])) {
        let help =
            "add `bindings` with at least one protocol, or `existing: true` if the site already exists";
        let message = "a new site needs at least one binding";
        problems.push(
            Diagnostic::new(Code::ExistingSite, context.span(pointer!(site.bindings)), message).help(help),
        );
    }
    if context.written(pointer!(site.physical_path)) && context.spec.virtual_directory.path == "/" {
        let message = "an application at `/` uses `virtualDirectory.physicalPath` as the site's root folder";
        let help = "move the folder there, or remove this key";
        problems.push(
            Diagnostic::new(Code::ExistingSite, context.span(pointer!(site.physical_path)), message)
                .help(help),
        );
    }
}

/// The address that a binding claims, in the form in which HTTP.sys compares them.
fn address(binding: &BindingSpec) -> (String, u16, String) {
    (binding.ip_address.to_string().to_lowercase(), defaults::port(binding), binding.host_name.to_lowercase())
}

/// The bindings that the site listens on, and those of a farm's front, each with its place in the spec.
fn listeners<'a>(context: &Context<'a>) -> impl Iterator<Item = (Pointer, &'a [BindingSpec])> {
    let front =
        context.spec.farm.as_ref().map(|farm| (pointer!(farm?.front.bindings), &*farm.front.bindings));
    [(pointer!(site.bindings), &*context.spec.site.bindings)].into_iter().chain(front)
}

/// Each binding with its place in the spec.
pub(super) fn each_binding<'a>(context: &Context<'a>) -> impl Iterator<Item = (Pointer, &'a BindingSpec)> {
    listeners(context).flat_map(|(list, bindings)| {
        bindings.iter().enumerate().map(move |(index, binding)| (list.entry(index), binding))
    })
}

fn bad_address(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    for (place, binding) in each_binding(context) {
        let text = &binding.ip_address;
        if !text.is_every() && !text.is_one() {
            let span = context.span(pointer!(place => BindingSpec.ip_address));
            problems.push(
                Diagnostic::new(Code::BadAddress, span, format!("`{text}` is not a valid IP address"))
                    .help("write `*` for all addresses, or an address such as 192.0.2.1 or [2001:db8::1]"),
            );
        }
    }
}

fn same_address(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let all = listeners(context)
        .flat_map(|(list, bindings)| (0..bindings.len()).map(move |index| (list.clone(), bindings, index)));
    for (list, bindings, index) in all {
        let binding = &bindings[index];
        let Some(first) = bindings[..index].iter().position(|earlier| address(earlier) == address(binding))
        else {
            continue;
        };
        let (ip, port, host) = address(binding);
        let span = context.span(pointer!(list.entry(index) => BindingSpec.protocol));
        problems.push(
            Diagnostic::new(Code::SameAddress, span, format!("two bindings listen on {ip}:{port}:{host}"))
                .related(context.span(pointer!(list.entry(first) => BindingSpec.protocol)), "the first")
                .help("change its IP address, port or host name"),
        );
    }
}

fn one_certificate_per_address(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let without_sni =
        |binding: &&BindingSpec| binding.protocol == ProtocolSpec::Https && !binding.server_name_indication;
    let thumbprint = |binding: &BindingSpec| binding.certificate.as_ref().map(|found| found.thumbprint);
    let all = listeners(context)
        .flat_map(|(list, bindings)| (0..bindings.len()).map(move |index| (list.clone(), bindings, index)));
    for (list, bindings, index) in all.filter(|(_, bindings, index)| without_sni(&&bindings[*index])) {
        let binding = &bindings[index];
        let (ip, port, _) = address(binding);
        let clash = bindings[..index].iter().filter(without_sni).any(|earlier| {
            let (earlier_ip, earlier_port, _) = address(earlier);
            (earlier_ip, earlier_port) == (ip.clone(), port) && thumbprint(earlier) != thumbprint(binding)
        });
        if clash {
            let message = format!(
                "without SNI, {ip}:{port} can have only one certificate, and an earlier binding names another"
            );
            problems.push(
                Diagnostic::new(
                    Code::SameAddress,
                    context.span(pointer!(list.entry(index) => BindingSpec.certificate)),
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
            let span = context.span(pointer!(place => BindingSpec.protocol));
            problems.push(
                Diagnostic::new(Code::HttpsWithoutCertificate, span, "this https binding has no certificate")
                    .help(
                        "add `certificate` with the thumbprint of a certificate in the local machine's store",
                    ),
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
            (pointer!(place => BindingSpec.certificate), binding.certificate.is_some()),
            (pointer!(place => BindingSpec.server_name_indication), binding.server_name_indication),
        ];
        for (pointer, _) in keys.into_iter().filter(|(_, given)| *given) {
            let (span, key) = (context.span(&pointer), pointer.key());
            problems.push(
                Diagnostic::new(
                    Code::CertificateWithoutHttps,
                    span,
                    format!("`{key}` has no effect on an http binding"),
                )
                .help("set `protocol: https`, or remove it"),
            );
        }
    }
}

fn sni_without_host_name(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    for (place, binding) in each_binding(context) {
        if binding.server_name_indication && binding.host_name.is_any() {
            let span = context.span(pointer!(place => BindingSpec.server_name_indication));
            problems.push(
                Diagnostic::new(
                    Code::SniWithoutHostName,
                    span,
                    "Server Name Indication chooses the certificate by host name, and this binding has no \
                     host name",
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
                context.span(pointer!(tls.required)),
                "TLS is required, but the site has no https binding",
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
            "set `tls.required: true`, or remove it"
        } else {
            "add an https binding, or remove it"
        };
        let message = "browsers ignore Strict-Transport-Security over plain http";
        problems.push(
            Diagnostic::new(
                Code::StrictTransportWithoutTls,
                context.span(pointer!(tls.strict_transport_security)),
                message,
            )
            .help(help),
        );
    }
}
