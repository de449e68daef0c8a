//! Authentication: contradictions, and settings that let a client pretend to be any user.

use super::Rule;
use crate::check::context::Context;
use crate::check::sound::SignOn;
use crate::defaults;
use crate::diagnostic::{Code, Diagnostic};
use crate::spec::{ContainerSpec, ModeSpec, Pointer, ProtocolSpec, pointer};

pub(super) const RULES: &[Rule] = &[
    basic_without_tls,
    passwords_without_tls,
    anonymous_with_authentication,
    mode_mismatch,
    spoofable_header,
    bad_domain,
    repeated_domain,
    one_account_for_several,
    long_domain,
];

fn basic_without_tls(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let authentication = &context.spec.authentication;
    let enabled = authentication.basic_authentication.as_ref().is_some_and(|basic| basic.enabled);
    let plain_behind_front =
        context.spec.farm.as_ref().is_some_and(|farm| farm.node_protocol == ProtocolSpec::Http);
    if enabled && defaults::tls_required(context.spec) && plain_behind_front {
        let message = "the front sends every user's password to the nodes in clear text";
        problems.push(
            Diagnostic::new(Code::BasicWithoutTls, context.span(pointer!(farm?.node_protocol)), message)
                .help(
                    "set `farm.nodeProtocol: https` and give the site an https binding, or remove Basic \
                 authentication",
                ),
        );
    }
    if enabled && !defaults::tls_required(context.spec) {
        problems.push(
            Diagnostic::new(
                Code::BasicWithoutTls,
                context.span(pointer!(authentication.basic_authentication?.enabled)),
                "Basic authentication sends the password with every request, and this spec does not require \
                 TLS",
            )
            .help(
                "set `tls.required: true` and give the site an https binding, or remove Basic \
                authentication",
            ),
        );
    }
}

const PASSWORDS_WITHOUT_TLS: &str =
    "Kallithea asks for passwords, and without TLS they cross the network in clear text";

/// If Kallithea itself asks for passwords, its form sends each password once, and hg and git send it with every request.
fn passwords_without_tls(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let spec = context.spec;
    if spec.authentication.mode == ModeSpec::Windows {
        return;
    }
    let mut warn = |pointer: Pointer, message: &str, help: &str| {
        problems.push(Diagnostic::new(Code::PasswordsWithoutTls, context.span(pointer), message).help(help));
    };
    if spec.farm.as_ref().is_some_and(|farm| farm.node_protocol == ProtocolSpec::Http) {
        warn(
            pointer!(farm?.node_protocol),
            "the front sends every user's password to the nodes in clear text",
            "set `farm.nodeProtocol: https` and give the site an https binding",
        );
    }
    if defaults::tls_required(spec) {
        return;
    }
    if spec.site.existing && spec.farm.is_none() {
        let help = "set `tls.required: true`, and make sure that the site has an https binding";
        return warn(pointer!(authentication.mode), PASSWORDS_WITHOUT_TLS, help);
    }
    let help = "add an https binding, then remove this one or set `tls.required: true`";
    let list = if spec.farm.is_some() { pointer!(farm?.front.bindings) } else { pointer!(site.bindings) };
    for (index, binding) in defaults::public_bindings(spec).iter().enumerate() {
        if binding.protocol == ProtocolSpec::Http && !binding.ip_address.is_loopback() {
            warn(pointer!(list.entry(index) => BindingSpec.protocol), PASSWORDS_WITHOUT_TLS, help);
        }
    }
}

fn anonymous_with_authentication(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let authentication = &context.spec.authentication;
    let Some(anonymous) = &authentication.anonymous_authentication else { return };
    let span = context.span(pointer!(authentication.anonymous_authentication?.enabled));
    if authentication.mode == ModeSpec::Windows && anonymous.enabled {
        problems.push(
            Diagnostic::new(
                Code::AnonymousWithAuthentication,
                span,
                "while anonymous authentication is on, IIS does not authenticate users, and REMOTE_USER is \
                 empty",
            )
            .help("remove it; `authentication.anonymousAccess` decides who may read without signing on"),
        );
    } else if authentication.mode != ModeSpec::Windows && !anonymous.enabled {
        problems.push(
            Diagnostic::new(
                Code::ModeMismatch,
                span,
                "in this mode Kallithea signs users on, so IIS must let every request through",
            )
            .help("remove it, or set `mode: windows`"),
        );
    }
}

fn mode_mismatch(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let authentication = &context.spec.authentication;
    let sections = [
        (
            pointer!(authentication.windows_authentication),
            authentication.windows_authentication.is_some(),
            ModeSpec::Windows,
        ),
        (pointer!(authentication.domains), !authentication.domains.is_empty(), ModeSpec::Windows),
        (
            pointer!(authentication.basic_authentication),
            authentication.basic_authentication.is_some(),
            ModeSpec::Windows,
        ),
        (pointer!(authentication.container), authentication.container.is_some(), ModeSpec::Windows),
        (pointer!(authentication.ldap), authentication.ldap.is_some(), ModeSpec::Ldap),
    ];
    for (pointer, given, mode) in sections {
        if given && authentication.mode != mode {
            let word = mode.as_word();
            let (span, key) = (context.span(&pointer), pointer.key());
            problems.push(
                Diagnostic::new(Code::ModeMismatch, span, format!("`{key}` belongs to mode `{word}`"))
                    .help(format!("set `mode: {word}`, or remove the key")),
            );
        }
    }
}

/// Who signs users on: mode `ldap` must name a directory.
pub(super) fn sign_on(context: &Context<'_>, problems: &mut Vec<Diagnostic>) -> Option<SignOn> {
    let sign_on = SignOn::of(&context.spec.authentication);
    if sign_on.is_none() {
        problems.push(
            Diagnostic::new(
                Code::MissingKey,
                context.span(pointer!(authentication.mode)),
                "mode `ldap` needs `ldap`",
            )
            .help("add `ldap` with `host` and `baseDn`"),
        );
    }
    sign_on
}

/// Only IIS may say who the user is. Every environ key that begins with `HTTP_` is a request header, which
/// any client can send; of the other keys the bridge sets only `REMOTE_USER`.
fn spoofable_header(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let Some(container) = &context.spec.authentication.container else { return };
    let ContainerSpec { header, fallback_header, .. } = container;
    for (pointer, value) in [
        (pointer!(authentication.container?.header), header),
        (pointer!(authentication.container?.fallback_header), fallback_header),
    ] {
        let span = context.span(&pointer);
        if let Some(name) = value.strip_prefix("HTTP_") {
            let name = name.replace('_', "-");
            let message = format!("any client can send the header {name} and so sign on as any user");
            let help = if pointer == pointer!(authentication.container?.header) {
                "use REMOTE_USER, which IIS alone sets"
            } else {
                "leave it empty; IIS always sets REMOTE_USER"
            };
            problems.push(Diagnostic::new(Code::SpoofableHeader, span, message).help(help));
        } else if !value.is_empty() && value != "REMOTE_USER" {
            let message = format!("the bridge never sets `{value}`, so no user would be signed on");
            problems.push(Diagnostic::new(Code::UnsetIdentityKey, span, message).help("use REMOTE_USER"));
        }
    }
    spoofable_details(context, container, problems);
}

/// An e-mail address is an identity, too. Kallithea assigns a commit to the account that has its author's address, and
/// allows an address for one account only. So a user who claims somebody else's address keeps its owner out.
fn spoofable_details(context: &Context<'_>, container: &ContainerSpec, problems: &mut Vec<Diagnostic>) {
    for (pointer, value) in [
        (pointer!(authentication.container?.email_header), &container.email_header),
        (pointer!(authentication.container?.first_name_header), &container.first_name_header),
        (pointer!(authentication.container?.last_name_header), &container.last_name_header),
    ] {
        let Some(name) = value.strip_prefix("HTTP_") else { continue };
        let message = format!("any client can send the header {} with any value", name.replace('_', "-"));
        let span = context.span(&pointer);
        problems.push(
            Diagnostic::new(Code::SpoofableHeader, span, message)
                .help("leave it empty; users enter it under their name, My Account"),
        );
    }
}

fn bad_domain(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    for (index, domain) in context.spec.authentication.domains.iter().enumerate() {
        let valid = |letter: char| letter.is_alphanumeric() || "-_.".contains(letter);
        if !domain.is_empty() && domain.chars().all(valid) && !domain.starts_with('.') {
            continue;
        }
        let span = context.span(pointer!(authentication.domains[index]));
        problems.push(
            Diagnostic::new(Code::BadDomain, span, format!("`{domain}` is not a valid domain name"))
                .help("write the part before the backslash in CORP\\alice"),
        );
    }
}

/// The bridge compares domains as Windows does, without regard to case. The schema refuses exact duplicates.
fn repeated_domain(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let domains = &context.spec.authentication.domains;
    for (index, domain) in domains.iter().enumerate() {
        let Some(first) = domains[..index].iter().position(|earlier| earlier.eq_ignore_ascii_case(domain))
        else {
            continue;
        };
        let span = context.span(pointer!(authentication.domains[index]));
        problems.push(
            Diagnostic::new(
                Code::RepeatedItem,
                span,
                "`domains` lists the same domain twice; case does not matter",
            )
            .related(context.span(pointer!(authentication.domains[first])), "the first")
            .help("keep one of them"),
        );
    }
}

/// A domain has two names, `CORP` and `corp.example.com`, so only two names of one kind mean two domains.
fn one_account_for_several(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let authentication = &context.spec.authentication;
    let cleaned = authentication.container.as_ref().is_none_or(|container| container.clean_username);
    let mut domains: Vec<&String> = Vec::new();
    for domain in &authentication.domains {
        if !domains.iter().any(|earlier| earlier.eq_ignore_ascii_case(domain)) {
            domains.push(domain);
        }
    }
    let (long, short): (Vec<&String>, Vec<_>) = domains.into_iter().partition(|domain| domain.contains('.'));
    let Some([first, second, ..]) = [&short[..], &long[..]].into_iter().find(|names| names.len() > 1) else {
        return;
    };
    if cleaned {
        let message =
            format!("alice of {first} and alice of {second} would share one account and its rights");
        let span = context.span(pointer!(authentication.domains));
        problems.push(Diagnostic::new(Code::OneAccountForSeveral, span, message).help(
            "set `authentication.container.cleanUsername: false` to keep the domain in the name, unless no \
             name exists in both",
        ));
    }
}

/// The bridge compares the account's own name with the list, `CORP\alice`, whatever the client typed. Windows reports a
/// domain's short name there (`LookupAccountSid`).
fn long_domain(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    for (index, domain) in context.spec.authentication.domains.iter().enumerate() {
        if !domain.contains('.') || domain.starts_with('.') {
            continue;
        }
        let span = context.span(pointer!(authentication.domains[index]));
        let message = format!("`{domain}` matches no user: user names carry the short name of their domain");
        problems.push(
            Diagnostic::new(Code::LongDomain, span, message)
                .help("write the domain's short name, the part before the backslash in CORP\\alice"),
        );
    }
}
