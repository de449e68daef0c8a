//! Which values decide about a problem: a problem is none if a default stands in for one of them, because the schema refused
//! what the author wrote.
//!
//! In: the kind of a problem, and the paths of the refused values. Out: whether it may only be a consequence of these. Absent:
//! the rules.

use crate::diagnostic::Code;

/// The paths of the values that a rule reads, by what it reports. `[]` stands for every entry of a list.
const READS: &[(Code, &[&str])] = &[
    (Code::BasicWithoutTls, &["tls", "site.bindings", "site.existing", "farm", "authentication"]),
    (Code::AnonymousWithAuthentication, &["authentication"]),
    (
        Code::BitnessMismatch,
        &["target.architecture", "python.architecture", "applicationPool.enable32BitAppOnWin64"],
    ),
    (
        Code::HttpsWithoutCertificate,
        &[
            "site.bindings[].protocol",
            "site.bindings[].certificate",
            "farm.front.bindings[].protocol",
            "farm.front.bindings[].certificate",
        ],
    ),
    (Code::CertificateWithoutHttps, &["site.bindings[].protocol", "farm.front.bindings[].protocol"]),
    (
        Code::TlsWithoutHttps,
        &["tls", "site.existing", "site.bindings[].protocol", "farm.front.bindings[].protocol"],
    ),
    (
        Code::StrictTransportWithoutTls,
        &["tls", "site.existing", "site.bindings[].protocol", "farm.front.bindings[].protocol"],
    ),
    (Code::SameAddress, &["site.bindings", "farm.front.bindings"]),
    (Code::TooNewForTarget, &["target.iisVersion"]),
    (Code::ExistingPool, &["applicationPool.existing"]),
    (Code::ExistingSite, &["site.existing", "site.id", "site.bindings", "virtualDirectory.path"]),
    (Code::IdentityUserName, &["applicationPool.identity"]),
    (Code::ModeMismatch, &["authentication.mode"]),
    (Code::SniWithoutHostName, &["site.bindings[].hostName", "farm.front.bindings[].hostName"]),
    (Code::MissingKey, &["authentication.mode", "authentication.ldap", "kallithea.database"]),
    (Code::FarmNodes, &["farm.nodes"]),
    (Code::FarmDatabase, &["kallithea.database"]),
    (Code::FarmHostName, &["farm.front"]),
    (Code::FarmIdentity, &["applicationPool", "authentication.mode"]),
    (Code::WindowsThroughProxy, &["authentication", "bridge.trustedProxies"]),
    (Code::FarmProxy, &["bridge.trustedProxies"]),
    (Code::FarmAddress, &["farm.nodeProtocol", "farm.nodePort", "site.bindings"]),
    (Code::FarmMixedFront, &["farm.front.bindings"]),
    (Code::KerberosInKernelMode, &["authentication.windowsAuthentication"]),
    (
        Code::ExtendedProtection,
        &["authentication.windowsAuthentication", "bridge.trustedProxies", "site", "tls"],
    ),
];

/// Whether a problem of this kind may only be a consequence of refused values.
pub(in crate::check) fn may_follow<'a>(code: Code, refused: impl Iterator<Item = &'a str>) -> bool {
    let within = |inner: &str, outer: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    let read = |path: &str| {
        let reads = READS.iter().filter(|(other, _)| *other == code).flat_map(|(_, paths)| *paths);
        reads.into_iter().any(|read| within(read, path) || within(path, read))
    };
    refused.into_iter().any(read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{self, SCHEMA};

    #[test]
    fn every_path_is_one_of_the_spec() {
        let known = schema::keys(&SCHEMA);
        for path in READS.iter().flat_map(|(_, paths)| *paths) {
            let (around, key) = path.rsplit_once('.').unwrap_or(("", path));
            assert!(known.contains(&(around.to_owned(), key.to_owned())), "the spec has no {path}");
        }
    }
}
