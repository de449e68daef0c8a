//! The only hash that the manifest, specs and files use: SHA-256.
//!
//! What enters: bytes. What leaves: their hash in hexadecimal digits.

use sha2::{Digest, Sha256};

/// SHA-256 in lower-case hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
