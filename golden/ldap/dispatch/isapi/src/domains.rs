//! Whose users are let through: the domains that the settings name.
//!
//! What enters: a user's name as the server says it. What leaves: yes or no. Absent: Windows, which is asked nothing.

/// Whether a user belongs to one of the domains; without domains everybody does. The empty domain stands for names that
/// come without one.
#[must_use]
pub fn admits(domains: &[&str], user: &str) -> bool {
    let is_one = |domain: &str| domains.iter().any(|known| known.eq_ignore_ascii_case(domain));
    domains.is_empty() || domain_of(user).is_some_and(is_one)
}

/// The domain in `CORP\alice` and `alice@corp.example.com`, and the empty one of `alice`. `None` for what is read in more
/// ways than one: Kallithea makes `alice` of `CORP\alice@other`, too.
fn domain_of(user: &str) -> Option<&str> {
    let mut marks = user.match_indices(['\\', '@']);
    let Some((place, mark)) = marks.next() else { return Some("") };
    let (before, after) = (&user[..place], &user[place + 1..]);
    let is_whole = marks.next().is_none() && !before.is_empty() && !after.is_empty();
    is_whole.then_some(if mark == "\\" { before } else { after })
}
