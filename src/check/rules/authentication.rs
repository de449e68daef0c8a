//! Authentication: what contradicts itself, and what lets anyone be anybody.

use super::Rule;
use crate::check::context::Context;
use crate::diagnostic::{Code, Diagnostic};
use crate::lower;
use crate::spec::{ContainerSpec, LdapSecuritySpec, ModeSpec, ProtocolSpec};

pub(super) const RULES: &[Rule] = &[
    basic_without_tls,
    anonymous_with_authentication,
    mode_mismatch,
    missing_ldap,
    spoofable_header,
    plain_ldap,
];

fn basic_without_tls(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let authentication = &context.spec.authentication;
    let enabled = authentication.basic_authentication.as_ref().is_some_and(|basic| basic.enabled);
    let plain_behind_front =
        context.spec.farm.as_ref().is_some_and(|farm| farm.node_protocol == ProtocolSpec::Http);
    if enabled && lower::tls_required(context.spec) && plain_behind_front {
        let message = "the front hands every user's password to the nodes in the clear";
        problems
            .push(Diagnostic::new(Code::BasicWithoutTls, context.span("/farm/nodeProtocol"), message).help(
                "set `farm.nodeProtocol: https` and give the site an https binding, or take Basic out",
            ));
    }
    if enabled && !lower::tls_required(context.spec) {
        problems.push(
            Diagnostic::new(
                Code::BasicWithoutTls,
                context.span("/authentication/basicAuthentication/enabled"),
                "Basic authentication sends the user's password with every request, and TLS is not required here",
            )
            .help("set `tls.required: true` and give the site an https binding, or take Basic out"),
        );
    }
}

fn anonymous_with_authentication(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let authentication = &context.spec.authentication;
    let Some(anonymous) = &authentication.anonymous_authentication else { return };
    let span = context.span("/authentication/anonymousAuthentication/enabled");
    if authentication.mode == ModeSpec::Windows && anonymous.enabled {
        problems.push(
            Diagnostic::new(
                Code::AnonymousWithAuthentication,
                span,
                "with anonymous authentication on, IIS asks nobody who he is, and REMOTE_USER stays empty",
            )
            .help(
                "take it out; whether people may read without signing on is `authentication.anonymousAccess`",
            ),
        );
    } else if authentication.mode != ModeSpec::Windows && !anonymous.enabled {
        problems.push(
            Diagnostic::new(
                Code::ModeMismatch,
                span,
                "Kallithea signs people on here, so IIS must let everyone through",
            )
            .help("take it out, or set `mode: windows`"),
        );
    }
}

fn mode_mismatch(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let authentication = &context.spec.authentication;
    let sections = [
        (
            "windowsAuthentication",
            authentication.windows_authentication.is_some(),
            ModeSpec::Windows,
            "windows",
        ),
        ("basicAuthentication", authentication.basic_authentication.is_some(), ModeSpec::Windows, "windows"),
        ("container", authentication.container.is_some(), ModeSpec::Windows, "windows"),
        ("ldap", authentication.ldap.is_some(), ModeSpec::Ldap, "ldap"),
    ];
    for (key, given, mode, word) in sections {
        if given && authentication.mode != mode {
            let span = context.span(&format!("/authentication/{key}"));
            problems.push(
                Diagnostic::new(Code::ModeMismatch, span, format!("`{key}` belongs to mode `{word}`"))
                    .help(format!("set `mode: {word}`, or take it out")),
            );
        }
    }
}

fn missing_ldap(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let authentication = &context.spec.authentication;
    if authentication.mode == ModeSpec::Ldap && authentication.ldap.is_none() {
        problems.push(
            Diagnostic::new(
                Code::MissingKey,
                context.span("/authentication/mode"),
                "mode `ldap` needs `ldap`",
            )
            .help("add `ldap` with `host` and `baseDn`"),
        );
    }
}

/// Only IIS may say who the user is. Every environ key that begins with `HTTP_` is a request header, which
/// any client can send; of the others the bridge sets `REMOTE_USER` alone.
fn spoofable_header(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let Some(ContainerSpec { header, fallback_header, .. }) = &context.spec.authentication.container else {
        return;
    };
    for (key, value) in [("header", header), ("fallbackHeader", fallback_header)] {
        let span = context.span(&format!("/authentication/container/{key}"));
        if let Some(name) = value.strip_prefix("HTTP_") {
            let name = name.replace('_', "-");
            let message = format!("any client can send the header {name} and be whoever it says");
            let help = if key == "header" {
                "use REMOTE_USER, which IIS alone sets"
            } else {
                "leave it blank: IIS always sets REMOTE_USER"
            };
            problems.push(Diagnostic::new(Code::SpoofableHeader, span, message).help(help));
        } else if !value.is_empty() && value != "REMOTE_USER" {
            let message = format!("the bridge never sets `{value}`, so nobody would be signed on by it");
            problems.push(Diagnostic::new(Code::UnsetIdentityKey, span, message).help("use REMOTE_USER"));
        }
    }
}

fn plain_ldap(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let Some(ldap) = &context.spec.authentication.ldap else { return };
    if ldap.connection_security == LdapSecuritySpec::Plain {
        problems.push(
            Diagnostic::new(
                Code::PlainLdap,
                context.span("/authentication/ldap/connectionSecurity"),
                "every password that is typed crosses the network to the directory in the clear",
            )
            .help("use `LDAPS` or `START_TLS`"),
        );
    }
}
