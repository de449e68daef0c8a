//! Checks whether a user belongs to a domain that the settings allow.
//!
//! What enters: a user's name as [`crate::account`] returned it, `DOMAIN\name` or bare. What leaves: yes or no.
//! Absent: calls to Windows.

/// Whether a user belongs to one of the domains. An empty list admits everybody. A bare name belongs to no domain. Case
/// matters beyond ASCII: a domain that can be spelled in two ways there is admitted in only one of them.
#[must_use]
pub fn admits(domains: &[&str], user: &str) -> bool {
    let is_one = |domain: &str| domains.iter().any(|known| known.eq_ignore_ascii_case(domain));
    domains.is_empty() || domain_of(user).is_some_and(is_one)
}

/// The domain in `CORP\alice`. `None` for a name without one, and for an ambiguous name: Kallithea also turns
/// `CORP\alice@other` into `alice`.
fn domain_of(user: &str) -> Option<&str> {
    let (domain, name) = user.split_once('\\')?;
    let is_whole = !domain.is_empty() && !name.is_empty() && !name.contains('\\');
    (is_whole && !user.contains(['@', '/'])).then_some(domain)
}
