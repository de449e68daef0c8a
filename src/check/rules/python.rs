//! Python: its version, its bitness, and the driver that it has for the database.

use super::Rule;
use crate::check::context::Context;
use crate::diagnostic::{Code, Diagnostic};
use crate::spec::{ArchitectureSpec, DatabaseKindSpec, PythonVersion, pointer};

pub(super) const RULES: &[Rule] = &[python_version, bitness_mismatch, database_driver];

fn python_version(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let pointer = pointer!(python.version);
    let why = match context.spec.python.version {
        PythonVersion { major: 3, minor: 9..=11 } => return,
        PythonVersion { major: 3, minor: 12.. } => {
            "Kallithea 0.7.0 does not run on it, because Python 3.12 removed the module `imp`"
        }
        PythonVersion { major: 3, minor: 8 } => {
            "the bridge needs 3.9 or later, although Kallithea would still run"
        }
        _ => "it is too old for the bridge, or not a version of Python",
    };
    let written = context.text(&pointer).unwrap_or_default();
    let message = format!("Python {written} cannot be used: {why}");
    problems.push(
        Diagnostic::new(Code::PythonVersion, context.span(pointer), message)
            .help("install 3.9, 3.10 or 3.11 (3.11 is the best choice)"),
    );
}

fn bitness_mismatch(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let target = context.spec.target.architecture;
    if let Some(python) = context.spec.python.architecture.filter(|python| *python != target) {
        let message = format!("a {} Python cannot load into a {} worker process", python, target);
        problems.push(
            Diagnostic::new(Code::BitnessMismatch, context.span(pointer!(python.architecture)), message)
                .help("set `target.architecture` to Python's architecture, or install the other Python"),
        );
    }
    let Some(enabled) = context.spec.application_pool.enable_32_bit_app_on_win64 else { return };
    if enabled != (target == ArchitectureSpec::X86) {
        let pool = if enabled { "32-bit" } else { "64-bit" };
        let message = format!("the pool runs {pool} code, but the target is {}", target);
        let help = if enabled {
            "set `target.architecture: x86` (and install a 32-bit Python), or use a 64-bit pool"
        } else {
            "set `target.architecture: x64` (and install a 64-bit Python), or use a pool with 32-bit \
             applications enabled"
        };
        let span = context.span(pointer!(application_pool.enable_32_bit_app_on_win64));
        problems.push(Diagnostic::new(Code::BitnessMismatch, span, message).help(help));
    }
}

/// mysqlclient 2.2.7 has wheels for 64-bit Windows alone, and its sources want a compiler and MySQL's own libraries.
fn database_driver(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let Some(database) = &context.spec.kallithea.database else { return };
    if database.kind == DatabaseKindSpec::Mysql && context.spec.target.architecture == ArchitectureSpec::X86 {
        let message = "mysqlclient, the driver for MySQL, has no wheel for a 32-bit Python";
        problems.push(
            Diagnostic::new(Code::DatabaseDriver, context.span(pointer!(kallithea.database?.kind)), message).help(
                "use a 64-bit Python with `target.architecture: x64`, or PostgreSQL, which has a driver for \
                 both; if you built a driver yourself, remove `kallithea.database`",
            ),
        );
    }
}
