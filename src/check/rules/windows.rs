//! Windows authentication: what signs on a connection instead of a request, and what extended protection needs in
//! order to check anything.

use super::Rule;
use crate::check::context::Context;
use crate::defaults;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::spec::{
    ExtendedProtectionFlagSpec as Flag, ExtendedProtectionSpec, ModeSpec, Pointer, ProviderSpec,
    WindowsAuthenticationSpec, pointer,
};

pub(super) const RULES: &[Rule] = &[
    |context, problems| with_windows(context, problems, windows_through_proxy),
    |context, problems| with_windows(context, problems, kerberos_in_the_kernel),
    |context, problems| with_windows(context, problems, protection_without_checks),
    |context, problems| with_windows(context, problems, flags_that_contradict),
    |context, problems| with_windows(context, problems, flags_behind_proxy),
    |context, problems| with_windows(context, problems, no_service_name),
    |context, problems| with_windows(context, problems, dotless_service_name),
];

type WindowsRule = fn(&Context<'_>, &WindowsAuthenticationSpec, &mut Vec<Diagnostic>);

fn with_windows(context: &Context<'_>, problems: &mut Vec<Diagnostic>, rule: WindowsRule) {
    let authentication = &context.spec.authentication;
    if authentication.mode == ModeSpec::Windows {
        rule(context, &authentication.windows_authentication.clone().unwrap_or_default(), problems);
    }
}

/// What is between clients and IIS, if anything is, and the key that says so.
fn between(context: &Context<'_>) -> Option<(&'static str, Pointer)> {
    let has_proxies = !context.spec.bridge.trusted_proxies.is_empty();
    match (&context.spec.farm, has_proxies) {
        (Some(_), _) => Some(("the front", pointer!(farm))),
        (None, true) => Some(("a proxy", pointer!(bridge.trusted_proxies))),
        (None, false) => None,
    }
}

/// Where a key of the section is, or else what makes it matter.
fn place(context: &Context<'_>, pointer: Pointer, reason: Pointer) -> Span {
    context.span(if context.written(pointer!(authentication)) { pointer } else { reason })
}

/// NTLM signs on a connection, and a proxy in front of IIS sends requests of several users through one
/// connection. Kerberos signs on each request, because the outputs say `authPersistNonNTLM="false"`.
fn windows_through_proxy(
    context: &Context<'_>,
    windows: &WindowsAuthenticationSpec,
    problems: &mut Vec<Diagnostic>,
) {
    let Some((what, reason)) = between(context) else { return };
    if windows.providers.iter().any(|provider| *provider != ProviderSpec::Kerberos) {
        let message = format!(
            "`Negotiate` falls back to NTLM, which signs on a whole connection, and {what} sends the \
             requests of several users through one connection"
        );
        problems.push(
            Diagnostic::new(
                Code::WindowsThroughProxy,
                place(context, pointer!(authentication.windows_authentication?.providers), reason),
                message,
            )
            .help(
                "write `providers: [\"Negotiate:Kerberos\"]` and `useKernelMode: false`, or let Kallithea \
                 sign users on with `mode: ldap`",
            ),
        );
    }
}

/// Page "Advanced Settings Dialog Box - Windows Authentication Feature": providers of this kind cannot be used while Windows
/// checks tickets in the kernel.
fn kerberos_in_the_kernel(
    context: &Context<'_>,
    windows: &WindowsAuthenticationSpec,
    problems: &mut Vec<Diagnostic>,
) {
    if windows.providers.contains(&ProviderSpec::Kerberos) && windows.use_kernel_mode {
        let message = "IIS accepts `Negotiate:Kerberos` only when kernel-mode authentication is off";
        let mut pointer = pointer!(authentication.windows_authentication?.use_kernel_mode);
        if !context.written(&pointer) {
            pointer = pointer!(authentication.windows_authentication?.providers);
        }
        let span = place(context, pointer, pointer!(authentication));
        problems.push(
            Diagnostic::new(Code::KerberosInKernelMode, span, message)
                .help("write `useKernelMode: false`, or `Negotiate` if no proxy is in front of IIS"),
        );
    }
}

/// Keys that only a check uses.
fn protection_without_checks(
    context: &Context<'_>,
    windows: &WindowsAuthenticationSpec,
    problems: &mut Vec<Diagnostic>,
) {
    if windows.extended_protection != ExtendedProtectionSpec::None {
        return;
    }
    let checked = [
        pointer!(authentication.windows_authentication?.extended_protection_flags),
        pointer!(authentication.windows_authentication?.service_principal_names),
    ];
    for pointer in checked.iter().filter(|pointer| context.written(pointer)) {
        let key = pointer.key();
        let message = format!("`{key}` has no effect while `extendedProtection` is `None`");
        problems.push(
            Diagnostic::new(Code::ExtendedProtection, context.span(pointer), message)
                .help("set `extendedProtection: Allow` or `Require`, or remove it"),
        );
    }
}

fn is_checked(windows: &WindowsAuthenticationSpec) -> bool {
    windows.extended_protection != ExtendedProtectionSpec::None
}

fn flags_that_contradict(
    context: &Context<'_>,
    windows: &WindowsAuthenticationSpec,
    problems: &mut Vec<Diagnostic>,
) {
    let Some(flags) = windows.extended_protection_flags.as_ref().filter(|_| is_checked(windows)) else {
        return;
    };
    let has = |flag| flags.contains(&flag);
    let mut wrong = |message: &str, help: &str| {
        let span = context.span(pointer!(authentication.windows_authentication?.extended_protection_flags));
        problems.push(Diagnostic::new(Code::ExtendedProtection, span, message).help(help));
    };
    if has(Flag::ProxyCohosting) && !has(Flag::Proxy) {
        wrong("IIS accepts `ProxyCohosting` only together with `Proxy`", "add `Proxy`");
    }
    if has(Flag::Proxy) && has(Flag::NoServiceNameCheck) {
        wrong(
            "`Proxy` turns off the check of the TLS channel, and `NoServiceNameCheck` that of the name, so \
             nothing is checked",
            "remove `NoServiceNameCheck`, or set `extendedProtection: None`",
        );
    }
}

/// Without `Proxy` the channel must be the one that IIS sees, which is the proxy's; without `ProxyCohosting` there
/// must be a channel.
fn flags_behind_proxy(
    context: &Context<'_>,
    windows: &WindowsAuthenticationSpec,
    problems: &mut Vec<Diagnostic>,
) {
    if !is_checked(windows) {
        return;
    }
    let mut refuse = |message: String, help: &str| {
        let pointer = pointer!(authentication.windows_authentication?.extended_protection_flags);
        let span = place(context, pointer, pointer!(authentication));
        problems.push(Diagnostic::new(Code::ExtendedProtection, span, message).help(help));
    };
    let has = |flag| windows.extended_protection_flags.as_ref().is_some_and(|flags| flags.contains(&flag));
    match (between(context), defaults::extended_protection_flags(context.spec)) {
        (_, None) => refuse(
            "extended protection binds a sign-on to the client's TLS connection, and the spec does not say \
             how clients reach the proxy"
                .to_owned(),
            "write `extendedProtectionFlags: [Proxy]` if all clients use https, or `[Proxy, ProxyCohosting]` \
             if some use http; or set `extendedProtection: None`",
        ),
        (Some((what, _)), Some(flags)) if !flags.contains(&Flag::Proxy) => refuse(
            format!(
                "the client's TLS connection ends at {what}; IIS would compare it with its own and \
                refuse the client"
            ),
            "add `Proxy`, or set `extendedProtection: None`",
        ),
        (None, Some(_))
            if windows.extended_protection_flags.is_some()
                && !defaults::tls_alone(context.spec)
                && !has(Flag::ProxyCohosting) =>
        {
            refuse(
                "TLS is not required, and a client on plain http has no TLS channel to bind a sign-on to"
                    .to_owned(),
                "write `[Proxy, ProxyCohosting]`, set `tls.required: true`, or set `extendedProtection: \
                 None`",
            )
        }
        _ => {}
    }
}

/// With `Proxy` a sign-on is bound to a name, so there must be one.
fn no_service_name(
    context: &Context<'_>,
    windows: &WindowsAuthenticationSpec,
    problems: &mut Vec<Diagnostic>,
) {
    let flags = defaults::extended_protection_flags(context.spec).unwrap_or_default();
    let is_looked_at = flags.contains(&Flag::Proxy) && !flags.contains(&Flag::NoServiceNameCheck);
    if is_checked(windows) && is_looked_at && defaults::service_principal_names(context.spec).is_empty() {
        let message =
            "extended protection binds a sign-on to the server's name, and the spec does not name a host";
        problems.push(
            Diagnostic::new(
                Code::ExtendedProtection,
                context.span(pointer!(authentication.windows_authentication?.extended_protection)),
                message,
            )
            .help(
                "add the name that users type: `servicePrincipalNames: \
                    [HTTP/kallithea.corp.example.com]`; or give the bindings host names, or set \
                    `tls.required: true`",
            ),
        );
    }
}

fn dotless_service_name(
    context: &Context<'_>,
    windows: &WindowsAuthenticationSpec,
    problems: &mut Vec<Diagnostic>,
) {
    let flags = defaults::extended_protection_flags(context.spec).unwrap_or_default();
    if !is_checked(windows) || flags.contains(&Flag::AllowDotlessSpn) {
        return;
    }
    let names = defaults::service_principal_names(context.spec);
    if let Some(name) = names.iter().find(|name| !name.contains('.')) {
        let message = format!("`{name}` has no dot, and Windows does not accept it as a service name");
        let mut pointer = pointer!(authentication.windows_authentication?.service_principal_names);
        if !context.written(&pointer) {
            pointer = pointer!(authentication.windows_authentication?.extended_protection);
        }
        problems.push(
            Diagnostic::new(
                Code::ExtendedProtection,
                place(context, pointer, pointer!(authentication)),
                message,
            )
            .help(
                "write the full host name, such as HTTP/kallithea.corp.example.com; or add `AllowDotlessSpn` \
                 to `extendedProtectionFlags`, which lets any machine that answers for that name relay a \
                 sign-on",
            ),
        );
    }
}
