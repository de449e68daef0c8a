//! The client's address: behind trusted proxies, the one that they name.

use kallithea_bridge_isapi::proxies;
use kallithea_bridge_isapi::settings::Network;

const TRUSTED: &[Network] =
    &[Network { address: "198.51.100.0", prefix: 24 }, Network { address: "2001:db8:1::1", prefix: 128 }];

fn client(peer: &str, forwarded: &str) -> Option<String> {
    proxies::client(peer.as_bytes(), forwarded.as_bytes(), TRUSTED).map(|client| client.to_string())
}

#[test]
fn a_client_is_the_last_address_that_is_no_trusted_proxys() {
    for (peer, forwarded, expected) in [
        ("192.0.2.7", "", "192.0.2.7"),
        // A claim from an untrusted peer is ignored.
        ("192.0.2.7", "203.0.113.1", "192.0.2.7"),
        ("198.51.100.9", "", "198.51.100.9"),
        ("198.51.100.9", "203.0.113.1", "203.0.113.1"),
        ("198.51.100.9", "203.0.113.1:61234", "203.0.113.1"),
        ("198.51.100.9", "10.0.0.1, 203.0.113.1 , 198.51.100.8", "203.0.113.1"),
        ("198.51.100.9", "203.0.113.1, nonsense", "198.51.100.9"),
        ("2001:db8:1::1", "2001:db8:2:3:4:5:6:7", "2001:db8:2:3::"),
        ("2001:db8:1::1", "[2001:db8:2:3:4:5:6:7]:443", "2001:db8:2:3::"),
        ("2001:db8:9:9:1::1%eth0", "", "2001:db8:9:9::"),
        ("::ffff:192.0.2.7", "", "192.0.2.7"),
    ] {
        assert_eq!(client(peer, forwarded).as_deref(), Some(expected), "{peer} {forwarded}");
    }
    assert_eq!(client("", "203.0.113.1"), None);
}
