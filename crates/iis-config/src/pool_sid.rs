//! The SID of an application pool's own account, `IIS AppPool\\NAME`.
//!
//! In: a pool's name. Out: its SID. Absent: accounts that Windows must be asked about.
//!
//! Windows knows that account by its name only once the pool is there; by its SID it takes rights before. Below
//! `S-1-5-82` ("Application Pool Identities" of IIS's documentation) stands the SHA-1 of the name in small letters, in
//! UTF-16, as five numbers: as for the accounts of services below `S-1-5-80`. The tests hold it to two that are known.

use sha1::{Digest, Sha1};

/// The SID of a pool's own account; nothing where the name has letters of which this project cannot know what Windows
/// takes for their small ones.
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

    /// Of the pools that IIS brings, as every server has them.
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
