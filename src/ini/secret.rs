//! New secrets for an ini file.
//!
//! What enters: nothing. What leaves: random text of the operating system. Absent: whether a secret is needed.

use std::io;

/// The number of random bytes in a secret: Beaker signs cookies with a hash of 20 bytes, and a secret has some more.
const BYTES: usize = 32;

/// A random text that nobody has seen.
///
/// # Errors
/// If the operating system has no random bytes.
pub fn random_secret() -> io::Result<String> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
