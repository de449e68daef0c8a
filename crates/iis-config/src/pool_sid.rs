//! The SID of an application pool's own account, `IIS AppPool\\NAME`.
//!
//! In: a pool's name. Out: its SID. Absent: accounts that Windows must be asked about.
//!
//! Windows knows that account by name only once the pool exists; by SID it accepts rights earlier. The SID is
//! `S-1-5-82` ("Application Pool Identities" of IIS's documentation), followed by the SHA-1 of the name in lower
//! case, in UTF-16, as five numbers. The accounts of services below `S-1-5-80` work the same way. The tests compare
//! it with two known SIDs.

use sha1::{Digest, Sha1};

/// The SID of a pool's own account. It is `None` for a name with non-ASCII letters: this project cannot know which
/// lower-case letters Windows uses for them.
pub fn pool_sid(name: &str) -> Option<String> {
    if !name.is_ascii() {
        return None;
    }
    let name: Vec<u8> = name.to_ascii_lowercase().encode_utf16().flat_map(u16::to_le_bytes).collect();
    let numbers = Sha1::digest(&name);
    let numbers =
        numbers.chunks_exact(4).map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]));
    Some(numbers.fold("S-1-5-82".to_owned(), |sid, number| format!("{sid}-{number}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pools that IIS creates on every server.
    #[test]
    fn the_known_ones_come_out() {
        let known = "S-1-5-82-3006700770-424185619-1745488364-794895919-4004696415";
        assert_eq!(pool_sid("DefaultAppPool").as_deref(), Some(known));
        assert_eq!(
            pool_sid("DEFAULTAPPPOOL").as_deref(),
            Some(known),
            "Windows tells no case from the other"
        );
        let known = "S-1-5-82-1036420768-1044797643-1061213386-2937092688-4282445334";
        assert_eq!(pool_sid("Classic .NET AppPool").as_deref(), Some(known));
        assert_eq!(pool_sid("größer"), None);
    }
}
