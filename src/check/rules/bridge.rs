//! The bridge: what its settings require.

use std::net::IpAddr;

use crate::check::context::Context;
use crate::diagnostic::{Code, Diagnostic};
use crate::spec::pointer;

/// Networks of the trusted proxies: addresses, none of which may cover everybody.
pub(super) fn trusted_proxies(
    context: &Context<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Vec<(IpAddr, u8)>> {
    let mut networks = Vec::new();
    for (index, text) in context.spec.bridge.trusted_proxies.iter().enumerate() {
        let message = match network(text) {
            None => format!("`{text}` is not a valid IP address or network"),
            Some((_, 0)) => format!("`{text}` matches every client, and any client could claim any address"),
            Some(network) => {
                networks.push(network);
                continue;
            }
        };
        let span = context.span(pointer!(bridge.trusted_proxies[index]));
        problems.push(Diagnostic::new(Code::BadProxy, span, message).help(
            "write the proxy's own address, such as 192.0.2.10 or 2001:db8::1, or its network, such as \
             192.0.2.0/24",
        ));
    }
    (networks.len() == context.spec.bridge.trusted_proxies.len()).then_some(networks)
}

/// An address, or a network in CIDR notation (RFC 4632), as address and prefix length.
fn network(text: &str) -> Option<(IpAddr, u8)> {
    let (address, prefix) =
        text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
    let address: IpAddr = address.parse().ok()?;
    let whole = if address.is_ipv4() { 32 } else { 128 };
    let prefix = match prefix {
        Some(digits) if digits.bytes().all(|digit| digit.is_ascii_digit()) => digits.parse().ok()?,
        Some(_) => return None,
        None => whole,
    };
    (prefix <= whole).then_some((address, prefix))
}
