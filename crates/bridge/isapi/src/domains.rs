//! Whose users are let through: the domains that the settings name.
//!
//! What enters: a user's name as [`crate::account`] settled it, `DOMAIN\name` or bare. What leaves: yes or no. Absent:
//! Windows, which is asked nothing.

/// Whether a user belongs to one of the domains; without domains everybody does. A bare name belongs to none. Case counts
/// beyond ASCII: who is spelled in two ways there is turned away by one of them.
#[must_use]
pub fn admits(domains: &[&str], user: &str) -> bool {
    let is_one = |domain: &str| domains.iter().any(|known| known.eq_ignore_ascii_case(domain));
    domains.is_empty() || domain_of(user).is_some_and(is_one)
}

/// The domain in `CORP\alice`. `None` for a name without one, and for what is read in more ways than one: Kallithea makes
/// `alice` of `CORP\alice@other`, too.
fn domain_of(user: &str) -> Option<&str> {
    let (domain, name) = user.split_once('\\')?;
    let is_whole = !domain.is_empty() && !name.is_empty() && !name.contains('\\');
    (is_whole && !user.contains(['@', '/'])).then_some(domain)
}
