//! The standard handles of a worker process of IIS, which may all be unusable.
//!
//! In: in which way they must be unusable. Out: a process with such standard handles. Absent: a way back.

use super::protocol::StandardHandles;

/// Closes the standard handles. On systems other than Windows there is only one way to make them unusable.
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
        // SAFETY: the descriptor has been open since the process began, and the caller promises that nobody uses it.
        drop(unsafe { OwnedFd::from_raw_fd(descriptor) });
    }
}

/// Closes the standard handles, and sets what later callers get for them.
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
    /// A number that is far above the handles of a process with few handles.
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
            // The event takes the number that has just become free. Otherwise a file could take it and be closed again; that
            // would look like a handle that another C runtime of this process still holds.
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
