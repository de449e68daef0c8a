//! Python: its bitness, and whose it is. Absent: its version, which the application determines.

use super::Rule;
use crate::check::context::Context;
use crate::diagnostic::{Code, Diagnostic};
use crate::spec::{ArchitectureSpec, pointer};

pub(super) const RULES: &[Rule] = &[bitness_mismatch, of_one_user];

/// The pool's account cannot read another user's profile, and Windows runs an app of the Store for its user only.
fn of_one_user(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let python = &context.spec.python;
    let folders = [
        (
            pointer!(python.home),
            Some(&python.home),
            r"install Python from python.org for all users, in a folder such as C:\Python313, and name that folder",
        ),
        (
            pointer!(python.virtual_environment),
            python.virtual_environment.as_ref(),
            r"make the environment with a Python for all users, in a folder such as C:\inetpub\kallithea\venv, and name it",
        ),
    ];
    for (pointer, folder, help) in folders {
        let Some(folder) = folder.filter(|folder| folder.is_of_one_user()) else { continue };
        let message = format!("`{folder}` belongs to one user, and the pool's account cannot use it");
        problems.push(Diagnostic::new(Code::PythonOfOneUser, context.span(pointer), message).help(help));
    }
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
