//! Which peers are reverse proxies that are believed.
//!
//! What enters: the peer's address and the settings' networks. What leaves: yes or no. Absent: host names.

use std::net::IpAddr;

use crate::settings::Network;

/// Whether `peer`, an address as the server writes it, lies in one of the networks.
#[must_use]
pub fn is_trusted(peer: &[u8], networks: &[Network]) -> bool {
    // An IPv6 address may carry the name of its interface.
    let peer = peer.split(|&byte| byte == b'%').next().unwrap_or_default();
    let peer = std::str::from_utf8(peer).ok().and_then(address);
    peer.is_some_and(|peer| networks.iter().any(|network| contains(network, peer)))
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

/// An address; of version 4 also where it is written as one of version 6.
fn address(text: &str) -> Option<IpAddr> {
    text.parse().ok().map(|address: IpAddr| address.to_canonical())
}
