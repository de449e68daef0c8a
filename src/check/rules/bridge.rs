//! The bridge: what its settings bring with them.

use super::Rule;
use crate::check::context::Context;
use crate::diagnostic::{Code, Diagnostic};
use crate::lower::network;

pub(super) const RULES: &[Rule] = &[parallel_requests, bad_proxy];

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

fn bad_proxy(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    for (index, text) in context.spec.bridge.trusted_proxies.iter().enumerate() {
        let message = match network(text) {
            None => format!("`{text}` is neither an IP address nor a network"),
            Some((_, 0)) => format!("`{text}` is everybody: any client could claim any address"),
            Some(_) => continue,
        };
        let span = context.span(&format!("/bridge/trustedProxies/{index}"));
        problems.push(Diagnostic::new(Code::BadProxy, span, message).help(
            "write the proxy's own address, such as 192.0.2.10 or 2001:db8::1, or its network, 192.0.2.0/24",
        ));
    }
}
