//! The token that GET_IMPERSONATION_TOKEN hands out: that of this process.
//!
//! In: nothing. Out: a handle, the same for every request, as under IIS with `authenticatedUserOverride`
//! `UseWorkerProcessUser`. Absent: tokens of other accounts, which would need their passwords; and tokens on systems other than
//! Windows.

#[cfg(windows)]
pub(super) use windows::{is_open, of_this_process};

/// This system has no tokens.
#[cfg(not(windows))]
pub(super) fn of_this_process() -> Option<usize> {
    None
}

/// This system has no token that could have been closed.
#[cfg(not(windows))]
pub(super) fn is_open() -> bool {
    true
}

#[cfg(windows)]
mod windows {
    use std::ffi::c_void;
    use std::ptr;
    use std::sync::OnceLock;

    use windows_sys::Win32::Foundation::{CloseHandle, HANDLE};
    use windows_sys::Win32::Security::{
        DuplicateToken, GetTokenInformation, SecurityImpersonation, TOKEN_DUPLICATE, TOKEN_QUERY, TokenType,
    };
    use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

    /// An impersonation token of this process's account; `None` if the system refuses one.
    pub(crate) fn of_this_process() -> Option<usize> {
        static TOKEN: OnceLock<usize> = OnceLock::new();
        Some(*TOKEN.get_or_init(|| made().expose_provenance())).filter(|&token| token != 0)
    }

    /// Whether the token can still be queried.
    pub(crate) fn is_open() -> bool {
        let Some(token) = of_this_process() else { return true };
        let (mut kind, mut size) = (0_i32, 0);
        // SAFETY: any handle may be queried, and the buffer is as long as announced.
        unsafe {
            let token = ptr::with_exposed_provenance_mut(token);
            GetTokenInformation(token, TokenType, (&raw mut kind).cast(), size_of::<i32>() as u32, &mut size)
                != 0
        }
    }

    fn made() -> *mut c_void {
        let (mut own, mut token): (HANDLE, HANDLE) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: the process's pseudo handle is always valid; its token is open until it is closed here.
        unsafe {
            if OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_DUPLICATE, &mut own) != 0 {
                DuplicateToken(own, SecurityImpersonation, &mut token);
                CloseHandle(own);
            }
        }
        token
    }
}
