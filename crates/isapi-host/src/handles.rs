//! Standard handles as a worker process of IIS may have them: none that is good for anything.
//!
//! What enters: what is to be wrong with them. What leaves: a process whose standard input, output and error are so. Absent:
//! a way back.

use super::protocol::StandardHandles;

/// Closes the standard handles; elsewhere than on Windows they can be wrong in one way only.
///
/// # Safety
/// Nobody in this process uses them any more.
#[cfg(unix)]
pub unsafe fn spoil_standard_handles(how: StandardHandles) {
    use std::os::fd::{FromRawFd, OwnedFd};

    if how == StandardHandles::Valid {
        return;
    }
    for descriptor in 0..=2 {
        // SAFETY: the descriptor is open since the process began, and the caller promises that nobody uses it.
        drop(unsafe { OwnedFd::from_raw_fd(descriptor) });
    }
}

/// Closes the standard handles, and lets everybody who asks for them find what is wanted.
///
/// # Safety
/// Nobody in this process uses them any more.
#[cfg(windows)]
pub unsafe fn spoil_standard_handles(how: StandardHandles) {
    use std::ffi::c_void;
    use std::ptr;

    /// `STD_INPUT_HANDLE`, `STD_OUTPUT_HANDLE` and `STD_ERROR_HANDLE`.
    const STANDARD: [u32; 3] = [0_u32.wrapping_sub(10), 0_u32.wrapping_sub(11), 0_u32.wrapping_sub(12)];
    const INVALID_HANDLE_VALUE: usize = usize::MAX;
    /// A number that is far above those of a process with few handles.
    const NOBODYS: usize = 0x00ff_fff0;

    #[link(name = "kernel32")]
    unsafe extern "system" {
        fn GetStdHandle(which: u32) -> *mut c_void;
        fn SetStdHandle(which: u32, handle: *mut c_void) -> i32;
        fn CloseHandle(handle: *mut c_void) -> i32;
        fn CreateEventW(attributes: *const c_void, manual: i32, set: i32, name: *const u16) -> *mut c_void;
    }
    unsafe extern "C" {
        fn _close(descriptor: i32) -> i32;
    }

    if how == StandardHandles::Valid {
        return;
    }
    for (descriptor, which) in (0..).zip(STANDARD) {
        // SAFETY: the C runtime's first three descriptors are the standard handles, which nobody uses; closing them closes
        // the handles.
        unsafe {
            match how {
                StandardHandles::Stale => CloseHandle(GetStdHandle(which)),
                _ => _close(descriptor),
            };
            // It takes the number that is free now. A file that took it, and was closed again, could not be told from what
            // another C runtime of this process still has there.
            let taker = CreateEventW(ptr::null(), 1, 1, ptr::null());
            let handle = match how {
                StandardHandles::Event => taker,
                StandardHandles::Invalid => ptr::without_provenance_mut(INVALID_HANDLE_VALUE),
                StandardHandles::Stale => ptr::without_provenance_mut(NOBODYS),
                StandardHandles::Null | StandardHandles::Valid => ptr::null_mut(),
            };
            SetStdHandle(which, handle);
        }
    }
}
