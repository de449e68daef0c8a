//! Standard handles as a worker process of IIS may have them: none.
//!
//! What enters: nothing. What leaves: a process whose standard input, output and error are invalid. Absent: a way back.

/// Closes the standard handles and says to everybody who asks for them that they are invalid.
///
/// # Safety
/// Nobody in this process uses them any more.
#[cfg(unix)]
pub unsafe fn invalidate_standard_handles() {
    use std::os::fd::{FromRawFd, OwnedFd};

    for descriptor in 0..=2 {
        // SAFETY: the descriptor is open since the process began, and the caller promises that nobody uses it.
        drop(unsafe { OwnedFd::from_raw_fd(descriptor) });
    }
}

/// Closes the standard handles and says to everybody who asks for them that they are invalid.
///
/// # Safety
/// Nobody in this process uses them any more.
#[cfg(windows)]
pub unsafe fn invalidate_standard_handles() {
    use std::ffi::c_void;

    /// `STD_INPUT_HANDLE`, `STD_OUTPUT_HANDLE` and `STD_ERROR_HANDLE`.
    const STANDARD: [u32; 3] = [0_u32.wrapping_sub(10), 0_u32.wrapping_sub(11), 0_u32.wrapping_sub(12)];
    const INVALID_HANDLE_VALUE: usize = usize::MAX;

    #[link(name = "kernel32")]
    unsafe extern "system" {
        fn SetStdHandle(which: u32, handle: *mut c_void) -> i32;
    }
    unsafe extern "C" {
        fn _close(descriptor: i32) -> i32;
    }

    for (descriptor, which) in (0..).zip(STANDARD) {
        // SAFETY: the C runtime's first three descriptors are the standard handles, which nobody uses; closing them closes
        // the handles.
        unsafe {
            _close(descriptor);
            SetStdHandle(which, std::ptr::without_provenance_mut(INVALID_HANDLE_VALUE));
        }
    }
}
