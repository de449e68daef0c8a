//! Python: its version and its bitness.

use super::Rule;
use crate::check::context::Context;
use crate::diagnostic::{Code, Diagnostic};
use crate::lower;
use crate::spec::ArchitectureSpec;

pub(super) const RULES: &[Rule] = &[python_version, bitness_mismatch];

fn python_version(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let written = context.spec.python.version.as_str();
    if written.is_empty() {
        return;
    }
    let why = match lower::python_version(written) {
        Some((3, 9..=11)) => return,
        Some((3, 12..)) => "Kallithea 0.7.0 does not import on it: the module `imp` is gone since 3.12",
        Some((3, 8)) => "the bridge needs 3.9, although Kallithea would still run",
        _ => "it is too old for the bridge, or no Python at all",
    };
    let message = format!("Python {written} cannot be used: {why}");
    problems.push(
        Diagnostic::new(Code::PythonVersion, context.span("/python/version"), message)
            .help("install 3.9, 3.10 or 3.11 (3.11 for choice)"),
    );
}

fn bitness_mismatch(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let target = context.spec.target.architecture;
    if let Some(python) = context.spec.python.architecture.filter(|python| *python != target) {
        let message = format!("a {} Python does not load into a {} worker process", python, target);
        problems.push(
            Diagnostic::new(Code::BitnessMismatch, context.span("/python/architecture"), message)
                .help("set `target.architecture` to what Python is, or install the other Python"),
        );
    }
    let Some(enabled) = context.spec.application_pool.enable_32_bit_app_on_win64 else { return };
    if enabled != (target == ArchitectureSpec::X86) {
        let pool = if enabled { "32-bit" } else { "64-bit" };
        let message = format!("the pool runs {pool} code, and the target is {}", target);
        let help = if enabled {
            "set `target.architecture: x86` (and install a 32-bit Python), or use a 64-bit pool"
        } else {
            "set `target.architecture: x64` (and install a 64-bit Python), or use a pool with 32-bit applications enabled"
        };
        let span = context.span("/applicationPool/enable32BitAppOnWin64");
        problems.push(Diagnostic::new(Code::BitnessMismatch, span, message).help(help));
    }
}
