//! What the target's IIS supports: versions, unlocked sections, limits.

use iis_config::{self, Version, limits};

use super::Rule;
use crate::check::context::Context;
use crate::diagnostic::{Code, Diagnostic};
use crate::spec::{ModeSpec, Pointer, ProviderSpec, PythonVersion, StartModeSpec, pointer};

pub(super) const RULES: &[Rule] = &[
    too_new_for_target,
    lost_on_target,
    too_old_for_python,
    unknown_section,
    body_limit_too_small,
    status_codes_backwards,
];

fn too_new_for_target(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let target = context.spec.target.iis_version;
    let mut need = |since: Version, pointer: Pointer, what: &str, instead: &str| {
        if target < since {
            let message = format!("{what} needs IIS {since} or later, and the target is IIS {target}");
            problems
                .push(Diagnostic::new(Code::TooNewForTarget, context.span(pointer), message).help(instead));
        }
    };
    for (place, binding) in super::site::each_binding(context) {
        if binding.server_name_indication {
            let pointer = pointer!(place => BindingSpec.server_name_indication);
            need(
                Version::V8_0,
                pointer,
                "Server Name Indication",
                "give each https binding an IP address of its own",
            );
        }
        if binding.host_name.is_wildcard() {
            let pointer = pointer!(place => BindingSpec.host_name);
            need(Version::V10_0, pointer, "a wildcard host name", "write one binding per host name");
        }
    }
    let pool = &context.spec.application_pool;
    if !pool.environment_variables.is_empty() {
        need(
            Version::V10_0,
            pointer!(application_pool.environment_variables),
            "environment variables of an application pool",
            "use `bridge.environmentVariables`, which works on every version",
        );
    }
    if pool.start_mode.is_some() {
        need(Version::V7_5, pointer!(application_pool.start_mode), "`startMode`", "remove it");
    }
    let Some(windows) = &context.spec.authentication.windows_authentication else { return };
    if windows.providers.contains(&ProviderSpec::Kerberos) {
        let pointer = pointer!(authentication.windows_authentication?.providers);
        need(Version::V7_5, pointer, "`Negotiate:Kerberos`", "use `Negotiate`");
    }
    if windows.extended_protection != crate::spec::ExtendedProtectionSpec::None {
        let pointer = pointer!(authentication.windows_authentication?.extended_protection);
        need(Version::V7_5, pointer, "extended protection", "remove it");
    }
}

/// Features of newer IIS versions are silently left out for older ones if this changes nothing; this reports the rest.
fn lost_on_target(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let version = context.spec.target.iis_version;
    let mut lose = |message: &str, help: &str| {
        let span = context.span(pointer!(target.iis_version));
        problems.push(Diagnostic::new(Code::LostOnTarget, span, message).help(help));
    };
    if version < Version::V8_0
        && context.spec.application_pool.start_mode == Some(StartModeSpec::AlwaysRunning)
    {
        lose(
            "IIS 7.5 has no `preloadEnabled`: it starts the worker process with the pool, but Kallithea only with the first \
             request",
            "remove `applicationPool.startMode`, or request a page after each start",
        );
    }
    if version >= Version::V7_5 {
        return;
    }
    if context.spec.authentication.mode == ModeSpec::Windows {
        lose(
            "IIS 7.0 has no `authenticatedUserOverride`, so it opens the virtual directory's folder as the \
             signed-on user",
            "let everyone who may sign on read that folder; it contains only the web.config",
        );
    }
    let pool = &context.spec.application_pool;
    if !pool.existing && pool.identity.is_none() {
        lose(
            "IIS 7.0 has no `ApplicationPoolIdentity`; this pool runs as NetworkService, like other pools \
             and services",
            "give the pool an account with `applicationPool.identity`, or grant NetworkService the rights \
             that RUNBOOK.md lists",
        );
    }
}

/// IIS 7.0 and 7.5 come with Windows Server 2008 and 2008 R2. Python 3.9 and later need Windows 8.1, and 3.13 and later need
/// Windows 10 ("Using Python on Windows" of each version). Rust's Windows libraries need more than Server 2008 has.
fn too_old_for_python(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let (target, python) = (context.spec.target.iis_version, context.spec.python.version);
    let releases = target.windows_releases().join(", ");
    let (message, help) = if target < Version::V8_0 {
        let message =
            format!("IIS {target} comes with {releases}, which run neither Python 3.9 nor the bridge's DLLs");
        let help = "use a server with IIS 8.5 or later to run Kallithea; the configuration files themselves are valid \
                    for this one";
        (message, help)
    } else if target < Version::V10_0 && python >= PythonVersion::new(3, 13) && is_written(context, python) {
        let message = format!("IIS {target} comes with {releases}, which cannot run Python {python}");
        (message, "use a server with IIS 10.0, or Python 3.12, which is the last for this Windows")
    } else {
        return;
    };
    problems.push(
        Diagnostic::new(Code::TooOldForPython, context.span(pointer!(target.iis_version)), message)
            .help(help),
    );
}

/// Whether the author wrote this version. Otherwise it stands in for one that is missing or not valid.
fn is_written(context: &Context<'_>, python: PythonVersion) -> bool {
    context.text(&pointer!(python.version)).is_some_and(|text| text.starts_with(&python.to_string()))
}

fn unknown_section(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let ours: Vec<&str> = crate::model::LOCKABLE_SECTIONS.to_vec();
    for (index, section) in context.spec.target.unlocked_sections.iter().enumerate() {
        if ours.contains(&section.as_str()) {
            continue;
        }
        let span = context.span(pointer!(target.unlocked_sections[index]));
        let (message, help) = match iis_config::section(section) {
            Some(known) if !iis_config::locked_by_default(known.path) => (
                format!("IIS does not lock `{section}` by default"),
                "remove it; the section already goes into the web.config".to_owned(),
            ),
            Some(_) => (
                format!("only applicationHost.config can contain `{section}`"),
                "remove it; no server can unlock this section".to_owned(),
            ),
            None => (
                format!("the outputs do not contain the section `{section}`"),
                format!("use one of the sections that a server can unlock: {}", ours.join(", ")),
            ),
        };
        problems.push(Diagnostic::new(Code::UnknownSection, span, message).help(help));
    }
}

/// IIS accepts a range of status codes only in ascending order (page "FailureDefinition Class" of the WMI provider).
fn status_codes_backwards(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let Some(tracing) = &context.spec.failed_request_tracing else { return };
    let backwards = |range: &&str| range.split_once('-').is_some_and(|(first, last)| first > last);
    if let Some(range) = tracing.status_codes.split(',').find(backwards) {
        let span = context.span(pointer!(failed_request_tracing?.status_codes));
        problems.push(
            Diagnostic::new(Code::BadForm, span, format!("the status code range `{range}` runs backwards"))
                .help("write the smaller code first"),
        );
    }
}

/// The largest request body, which must not exceed what IIS can store.
pub(super) fn max_allowed_content_length(
    context: &Context<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<u32> {
    let limit = context.spec.request_limits.max_allowed_content_length;
    const { assert!(limits::MAX_ALLOWED_CONTENT_LENGTH_CEILING == u32::MAX) };
    let held = u32::try_from(limit).ok();
    if held.is_none() {
        let most = limits::MAX_ALLOWED_CONTENT_LENGTH_CEILING;
        let message = format!("IIS stores this limit in 32 bits, and {limit} bytes do not fit");
        problems.push(
            Diagnostic::new(
                Code::BodyLimitTooLarge,
                context.span(pointer!(request_limits.max_allowed_content_length)),
                message,
            )
            .help(format!("write at most {most} (4 GiB less one byte), which is also the default")),
        );
    }
    held
}

fn body_limit_too_small(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let limit = context.spec.request_limits.max_allowed_content_length;
    if limit < u64::from(limits::DEFAULT_MAX_ALLOWED_CONTENT_LENGTH) {
        let default = limits::DEFAULT_MAX_ALLOWED_CONTENT_LENGTH;
        let message = format!("{limit} bytes is below IIS's own default of {default}");
        problems.push(
            Diagnostic::new(
                Code::BodyLimitTooSmall,
                context.span(pointer!(request_limits.max_allowed_content_length)),
                message,
            )
            .help(
                "remove the key to allow the largest size that IIS supports; a push is one request, \
                    and IIS answers 413 to a larger one",
            ),
        );
    }
}
