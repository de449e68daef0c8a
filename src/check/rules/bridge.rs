//! The bridge: what its settings bring with them.

use super::Rule;
use crate::check::context::Context;
use crate::diagnostic::{Code, Diagnostic};

pub(super) const RULES: &[Rule] = &[parallel_requests];

fn parallel_requests(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let threads = context.spec.bridge.threads;
    if threads > 1 {
        let message =
            format!("with {threads} requests at once, two pushes can be logged under each other's names");
        problems.push(
            Diagnostic::new(Code::ParallelRequests, context.span("/bridge/threads"), message).help(
                "Kallithea 0.7.0 keeps the pushing user in a variable of the whole process; for parallel work raise \
                 `applicationPool.maxProcesses` instead, which is safe",
            ),
        );
    }
}
