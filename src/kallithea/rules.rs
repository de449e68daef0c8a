//! Rules across a spec's keys that concern only Kallithea and its packages.
//!
//! In: a spec in which the schema has accepted each single value. Out: problems. Absent: what any WSGI application needs
//! under IIS, which `check/rules` has.

use iis_config::Version;

use super::facts::DATABASE_CONNECTIONS;
use crate::check::context::{Context, Rule};
use crate::defaults;
use crate::diagnostic::{Code, Diagnostic};
use crate::spec::{
    ArchitectureSpec, DatabaseKindSpec, LdapSecuritySpec, ProtocolSpec, PythonVersion, pointer,
};

/// Every rule.
pub(crate) const RULES: &[Rule] = &[
    python_version,
    outdated_python,
    untried_python,
    database_driver,
    many_threads,
    mixed_front,
    hash_in_ini,
    plain_ldap,
    bad_filter,
];

fn python_version(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let pointer = pointer!(python.version);
    let why = match context.spec.python.version {
        PythonVersion { major: 3, minor: 9..=14 } => return,
        PythonVersion { major: 3, minor: 15.. } => "the packages that Kallithea needs were not tried with it",
        PythonVersion { major: 3, minor: 8 } => {
            "the bridge needs 3.9 or later, although Kallithea would still run"
        }
        _ => "it is too old for the bridge, or not a version of Python",
    };
    let written = context.text(&pointer).unwrap_or_default();
    let message = format!("Python {written} cannot be used: {why}");
    problems.push(
        Diagnostic::new(Code::PythonVersion, context.span(pointer), message)
            .help(format!("install Python {}", best_python(context))),
    );
}

/// Which Pythons get fixes, and in which form: <https://devguide.python.org/versions/>, read in November 2026.
fn outdated_python(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let version = context.spec.python.version;
    let why = match (version.major, version.minor) {
        (3, 9) => "is out of support since October 2025: its holes stay open",
        (3, 10) => "is out of support since October 2026: its holes stay open",
        (3, 11) => "has no installer for Windows with the fixes since April 2024",
        (3, 12) => "has no installer for Windows with the fixes since April 2025",
        _ => return,
    };
    let message = format!("Python {version} {why}");
    let best = super::facts::PYTHON;
    let help = if best_python(context) == best {
        format!("install Python {best}, and change `python.home` and `python.version`")
    } else {
        format!("use a server with IIS 10.0, which runs Python {best}; this one's Windows does not")
    };
    problems.push(
        Diagnostic::new(Code::OutdatedPython, context.span(pointer!(python.version)), message).help(help),
    );
}

/// The Python that suits best among those that run on the target's Windows (KI335).
fn best_python(context: &Context<'_>) -> &'static str {
    if context.spec.target.iis_version < Version::V10_0 { "3.12" } else { super::facts::PYTHON }
}

fn untried_python(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let version = context.spec.python.version;
    if version == PythonVersion::new(3, 14) {
        let message = format!("Kallithea was not tried with Python {version} on Windows");
        let help =
            format!("use Python {}, or try it on a server that nobody needs yet", best_python(context));
        problems.push(
            Diagnostic::new(Code::UntriedPython, context.span(pointer!(python.version)), message).help(help),
        );
    }
}

/// The drivers for database servers have no wheels for some 32-bit Pythons, and their source distributions need a compiler and
/// the database's own libraries.
fn database_driver(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let (spec, pointer) = (context.spec, pointer!(kallithea.database?.kind));
    let Some(database) = &spec.kallithea.database else { return };
    let (driver, instead) = match database.kind {
        DatabaseKindSpec::Mysql => ("mysqlclient, the driver for MySQL,", ""),
        DatabaseKindSpec::Postgresql if spec.python.version >= PythonVersion::new(3, 13) => {
            ("psycopg2, the driver for PostgreSQL,", ", or Python 3.12")
        }
        _ => return,
    };
    if spec.target.architecture == ArchitectureSpec::X86 {
        let message = format!("{driver} has no wheel for a 32-bit Python {}", spec.python.version);
        let help = format!(
            "use a 64-bit Python with `target.architecture: x64`{instead}; if you built a driver yourself, remove \
             `kallithea.database`"
        );
        problems.push(Diagnostic::new(Code::DatabaseDriver, context.span(pointer), message).help(help));
    }
}

fn many_threads(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let threads = context.spec.bridge.threads;
    if threads > DATABASE_CONNECTIONS {
        let message = format!(
            "{threads} concurrent requests can need more than Kallithea's {DATABASE_CONNECTIONS} database \
             connections"
        );
        problems.push(
            Diagnostic::new(Code::ManyThreads, context.span(pointer!(bridge.threads)), message).help(
                "raise `sqlalchemy.pool_size` in Kallithea's ini file too, or write 15 or less; SQLite has \
                 no such limit",
            ),
        );
    }
}

/// Behind the front every request looks the same, and Kallithea 0.7.0 does not start with `url_scheme_variable`.
fn mixed_front(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let Some(farm) = &context.spec.farm else { return };
    let has = |protocol| farm.front.bindings.iter().any(|binding| binding.protocol == protocol);
    if has(ProtocolSpec::Https) && has(ProtocolSpec::Http) && !defaults::tls_required(context.spec) {
        let message = "the front accepts both https and http, and behind it Kallithea cannot tell which one \
            a client uses";
        problems.push(
            Diagnostic::new(Code::FarmMixedFront, context.span(pointer!(farm?.front.bindings)), message).help(
                "set `tls.required: true`, so that the front forwards only https; or remove one of the two",
            ),
        );
    }
}

/// Kallithea's commands and its Git hooks pass the ini file's path to paste.deploy as an address (`kallithea_cli_base.py`,
/// `vcs_hooks.py`), which ends at a `#`. So they would read and run another file. Unless the spec names another, the ini file
/// is in the distribution folder.
fn hash_in_ini(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let (kallithea, ini) = (&context.spec.kallithea, pointer!(kallithea.ini));
    let (pointer, path) = match &kallithea.ini {
        Some(path) => (ini, path),
        None if context.written(&ini) => return,
        None => (pointer!(kallithea.distribution), &kallithea.distribution),
    };
    if path.contains('#') {
        let message =
            format!("`{path}` contains a `#`, which ends the path for Kallithea's own commands and hooks");
        problems.push(
            Diagnostic::new(Code::BadPath, context.span(pointer), message)
                .help("rename the folder or the file"),
        );
    }
}

fn plain_ldap(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let Some(ldap) = &context.spec.authentication.ldap else { return };
    if ldap.connection_security == LdapSecuritySpec::Plain {
        problems.push(
            Diagnostic::new(
                Code::PlainLdap,
                context.span(pointer!(authentication.ldap?.connection_security)),
                "every password crosses the network to the directory in clear text",
            )
            .help("use `LDAPS` or `START_TLS`"),
        );
    }
}

/// Kallithea puts the filter unchanged before another one in an `&` list (`auth_ldap.py`). If the LDAP library cannot read
/// the result, every user who signs on gets 500.
fn bad_filter(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let Some(ldap) = &context.spec.authentication.ldap else { return };
    if !is_filter(&ldap.filter) {
        let message = format!("`{}` is not a valid filter", ldap.filter);
        problems.push(
            Diagnostic::new(Code::BadForm, context.span(pointer!(authentication.ldap?.filter)), message).help(
                r"write it in balanced parentheses, such as (memberOf=cn=developers,dc=example,dc=com); inside a value, write a parenthesis as \28 or \29 and a backslash as \5c",
            ),
        );
    }
}

/// Whether a text is a sequence of filters (RFC 4515), which may be empty. Each piece is between two parentheses.
fn is_filter(text: &str) -> bool {
    let (mut depth, mut opened) = (0_usize, false);
    for piece in text.split_inclusive(['(', ')']) {
        let words = piece.trim_end_matches(['(', ')']).trim();
        let (is_right, after) = match piece.ends_with('(') {
            true if opened => (["&", "|", "!"].contains(&words), depth + 1),
            true => (words.is_empty(), depth + 1),
            false if piece.ends_with(')') => {
                (depth > 0 && if opened { is_item(words) } else { words.is_empty() }, depth.saturating_sub(1))
            }
            false => (words.is_empty(), depth),
        };
        if !is_right {
            return false;
        }
        (depth, opened) = (after, piece.ends_with('('));
    }
    depth == 0
}

/// Whether a text is allowed in the innermost parentheses: an attribute with a value, in which a backslash begins two
/// hexadecimal digits, or a list without entries (RFC 4526).
fn is_item(words: &str) -> bool {
    let is_escape = |rest: &str| {
        rest.as_bytes().first_chunk::<2>().is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    let is_escaped = words.split('\\').skip(1).all(is_escape);
    ["&", "|"].contains(&words) || is_escaped && words.find('=').is_some_and(|sign| sign > 0)
}
