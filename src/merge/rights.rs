//! A file's access list on Windows, handed on to the file that takes its place.
//!
//! What enters: two files. What leaves: the second with the first one's list, entry by entry, those that come from its folder still
//! marked so: what is granted on the folder later reaches it as it would have reached the first. Absent: owner and audit.

use std::io;
use std::os::windows::ffi::OsStrExt;
use std::path::Path;

use windows_sys::Win32::Security::{
    DACL_SECURITY_INFORMATION, GetFileSecurityW, GetSecurityDescriptorControl, SE_DACL_AUTO_INHERIT_REQ,
    SE_DACL_AUTO_INHERITED, SetFileSecurityW, SetSecurityDescriptorControl,
};

/// No descriptor is larger: an access list has 64 KiB at most, and its head some bytes.
const MOST: usize = 0x1_1000;

/// Gives `new` the access list of `former`.
///
/// # Errors
/// Where Windows does not tell the list, or does not take it.
pub fn hand_on(former: &Path, new: &Path) -> io::Result<()> {
    let (former, new) = (wide(former), wide(new));
    // Of words, since a descriptor begins at one's boundary.
    let mut descriptor = vec![0_u64; MOST / size_of::<u64>()];
    let place = descriptor.as_mut_ptr().cast();
    let (mut needed, mut control, mut revision) = (0, 0, 0);
    // SAFETY: both names end with a zero. `place` is aligned, has MOST bytes and lives as long as `descriptor`, which nothing else
    // touches here; the other pointers are to variables of this function. Each call is made where the ones before have succeeded, so that
    // a whole descriptor stands at `place`.
    let taken = unsafe {
        GetFileSecurityW(former.as_ptr(), DACL_SECURITY_INFORMATION, place, MOST as u32, &mut needed) != 0
            && GetSecurityDescriptorControl(place, &mut control, &mut revision) != 0
            // Without this request Windows forgets that the entries came from the folder.
            && (control & SE_DACL_AUTO_INHERITED == 0
                || SetSecurityDescriptorControl(place, SE_DACL_AUTO_INHERIT_REQ, SE_DACL_AUTO_INHERIT_REQ) != 0)
            && SetFileSecurityW(new.as_ptr(), DACL_SECURITY_INFORMATION, place) != 0
    };
    if taken { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn wide(path: &Path) -> Vec<u16> {
    path.as_os_str().encode_wide().chain([0]).collect()
}
