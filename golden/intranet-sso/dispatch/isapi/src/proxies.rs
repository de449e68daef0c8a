//! Which peers are trusted reverse proxies.
//!
//! What enters: the peer's address and the settings' networks. What leaves: yes or no, and the client's address behind
//! them. Absent: host names.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use crate::settings::Network;

/// Whether `peer`, an address as the server writes it, is in one of the networks.
#[must_use]
pub fn is_trusted(peer: &[u8], networks: &[Network]) -> bool {
    read(peer).is_some_and(|peer| lies_in(peer, networks))
}

/// The client's address: the peer, or behind trusted proxies the last address in `forwarded`, an X-Forwarded-For, that
/// is not a proxy's. For an IPv6 address the first half counts, which is one customer's network.
#[must_use]
pub fn client(peer: &[u8], forwarded: &[u8], networks: &[Network]) -> Option<IpAddr> {
    let mut client = read(peer)?;
    for named in forwarded.rsplit(|&byte| byte == b',') {
        if !lies_in(client, networks) {
            break;
        }
        let Some(named) = read(named.trim_ascii()) else { break };
        client = named;
    }
    Some(match client {
        IpAddr::V4(_) => client,
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
    })
}

fn lies_in(peer: IpAddr, networks: &[Network]) -> bool {
    networks.iter().any(|network| contains(network, peer))
}

/// An address as servers and proxies may write it: with a port, or with an interface name.
fn read(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?;
    let with_port = || text.parse().ok().map(|address: SocketAddr| address.ip().to_canonical());
    let bare = text.trim_start_matches('[').split(['%', ']']).next().unwrap_or_default();
    address(bare).or_else(with_port)
}

fn contains(network: &Network, peer: IpAddr) -> bool {
    let Some(base) = address(network.address) else { return false };
    match (base, peer) {
        (IpAddr::V4(base), IpAddr::V4(peer)) => {
            let bits = u32::from(base) ^ u32::from(peer);
            bits.checked_shr(32_u32.saturating_sub(network.prefix.into())).unwrap_or(0) == 0
        }
        (IpAddr::V6(base), IpAddr::V6(peer)) => {
            let bits = u128::from(base) ^ u128::from(peer);
            bits.checked_shr(128_u32.saturating_sub(network.prefix.into())).unwrap_or(0) == 0
        }
        _ => false,
    }
}

/// An address; an IPv4 address in IPv6 form becomes IPv4.
fn address(text: &str) -> Option<IpAddr> {
    text.parse().ok().map(|address: IpAddr| address.to_canonical())
}
