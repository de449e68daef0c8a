//! Windows accounts.
//!
//! What enters: a token from the server, or a name; an object of another process. What leaves: accounts, which are looked
//! up at most once in ten minutes; whether the object's owner may read the log. Absent: closing the token, which belongs to
//! the server; logging users on.

use std::ffi::c_void;
use std::sync::OnceLock;
use std::time::Instant;

use crate::account::cache::Cache;
use crate::account::{self, Account, Token};

const TOKEN_QUERY: u32 = 8;

/// `TokenUser` of `TOKEN_INFORMATION_CLASS`.
const TOKEN_USER: u32 = 1;

/// `OWNER_SECURITY_INFORMATION`.
const OWNER: u32 = 1;

/// `SidTypeUser` and `SidTypeComputer` of `SID_NAME_USE`: the account types that can sign on.
const SIGNS_ON: [u32; 2] = [1, 9];

/// `SECURITY_MAX_SID_SIZE`.
const LONGEST_SID: usize = 68;

/// An account name has at most 256 letters, a domain name at most 255.
const LONGEST_NAME: usize = 512;

#[link(name = "advapi32")]
unsafe extern "system" {
    fn OpenProcessToken(process: *mut c_void, access: u32, token: *mut *mut c_void) -> i32;
    fn GetTokenInformation(
        token: *mut c_void,
        class: u32,
        information: *mut c_void,
        size: u32,
        needed: *mut u32,
    ) -> i32;
    fn GetKernelObjectSecurity(
        object: *mut c_void,
        wanted: u32,
        descriptor: *mut c_void,
        size: u32,
        needed: *mut u32,
    ) -> i32;
    fn GetSecurityDescriptorOwner(
        descriptor: *const c_void,
        owner: *mut *const c_void,
        is_default: *mut i32,
    ) -> i32;
    fn GetLengthSid(sid: *const c_void) -> u32;
    fn LookupAccountSidW(
        system: *const u16,
        sid: *const c_void,
        name: *mut u16,
        name_length: *mut u32,
        domain: *mut u16,
        domain_length: *mut u32,
        kind: *mut u32,
    ) -> i32;
    fn LookupAccountNameW(
        system: *const u16,
        name: *const u16,
        sid: *mut c_void,
        sid_size: *mut u32,
        domain: *mut u16,
        domain_length: *mut u32,
        kind: *mut u32,
    ) -> i32;
}

#[link(name = "kernel32")]
unsafe extern "system" {
    fn GetCurrentProcess() -> *mut c_void;
    fn CloseHandle(object: *mut c_void) -> i32;
    fn GetComputerNameW(name: *mut u16, length: *mut u32) -> i32;
}

/// Names by SID.
static NAMES: Cache<Vec<u8>, String> = Cache::new();

/// SIDs by name, in the spelling that was asked for.
static SIDS: Cache<String, Vec<u8>> = Cache::new();

/// The account that this token belongs to.
///
/// # Safety
/// The handle is that of a token which may be queried, and stays open for the call.
pub(super) unsafe fn of_token(token: *mut c_void) -> Token {
    // SAFETY: the caller's promise.
    let account = unsafe { sid_of(token) }.and_then(account_of);
    Token::of(account, own_sid())
}

/// The account with this name. A dot as the domain means this server.
pub(super) fn named(name: &str) -> Option<Account> {
    let name = match name.strip_prefix(r".\") {
        Some(bare) => format!(r"{}\{bare}", computer_name()?),
        None => name.to_owned(),
    };
    SIDS.get(name, Instant::now(), |name| look_up_name(name)).and_then(account_of)
}

fn account_of(sid: Vec<u8>) -> Option<Account> {
    let name = NAMES.get(sid.clone(), Instant::now(), |sid| look_up_sid(sid))?;
    Some(Account { sid, name })
}

/// Whether log lines may go to an object: whether its owner can read the log file anyway.
///
/// # Safety
/// The handle is open, with READ_CONTROL.
pub(crate) unsafe fn may_hear(object: *mut c_void) -> bool {
    // A security descriptor that holds only an owner.
    let mut descriptor = [0_usize; 32];
    let (mut needed, mut is_default, mut owner) = (0, 0, std::ptr::null());
    // SAFETY: the caller's promise; the buffer is as long as announced, and the owner lies in it.
    unsafe {
        let size = size_of_val(&descriptor) as u32;
        let found = GetKernelObjectSecurity(object, OWNER, descriptor.as_mut_ptr().cast(), size, &mut needed)
            != 0
            && GetSecurityDescriptorOwner(descriptor.as_ptr().cast(), &mut owner, &mut is_default) != 0;
        if !found || owner.is_null() {
            return false;
        }
        let length = GetLengthSid(owner) as usize;
        account::may_hear(std::slice::from_raw_parts(owner.cast(), length), own_sid())
    }
}

/// The SID of the account that the worker process runs as.
fn own_sid() -> Option<&'static [u8]> {
    static OWN: OnceLock<Option<Vec<u8>>> = OnceLock::new();
    let ask = || {
        let mut token = std::ptr::null_mut();
        // SAFETY: the process's pseudo handle is always valid; the token is open until it is closed here.
        unsafe {
            if OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &mut token) == 0 {
                return None;
            }
            let sid = sid_of(token);
            CloseHandle(token);
            sid
        }
    };
    OWN.get_or_init(ask).as_deref()
}

/// The SID of a token's user.
///
/// # Safety
/// As [`of_token`].
unsafe fn sid_of(token: *mut c_void) -> Option<Vec<u8>> {
    // A TOKEN_USER, which begins with the address of the SID, followed by the SID.
    let mut information = [0_usize; 4 + LONGEST_SID / size_of::<usize>() + 1];
    let mut needed = 0;
    // SAFETY: the caller's promise; the buffer is as long as announced, and aligned as a TOKEN_USER is.
    unsafe {
        let buffer = information.as_mut_ptr().cast();
        let size = size_of_val(&information) as u32;
        if GetTokenInformation(token, TOKEN_USER, buffer, size, &mut needed) == 0 {
            return None;
        }
        let sid = std::ptr::with_exposed_provenance::<u8>(information[0]);
        let length = GetLengthSid(sid.cast()) as usize;
        Some(std::slice::from_raw_parts(sid, length).to_vec())
    }
}

fn look_up_sid(sid: &[u8]) -> Option<String> {
    let (mut name, mut domain) = ([0_u16; LONGEST_NAME], [0_u16; LONGEST_NAME]);
    let (mut name_length, mut domain_length) = (LONGEST_NAME as u32, LONGEST_NAME as u32);
    let mut kind = 0;
    // SAFETY: the SID is one that Windows has made, and the buffers are as long as announced.
    let found = unsafe {
        LookupAccountSidW(
            std::ptr::null(),
            sid.as_ptr().cast(),
            name.as_mut_ptr(),
            &mut name_length,
            domain.as_mut_ptr(),
            &mut domain_length,
            &mut kind,
        )
    };
    let text = |buffer: &[u16], length: u32| String::from_utf16(buffer.get(..length as usize)?).ok();
    if found == 0 || !SIGNS_ON.contains(&kind) {
        return None;
    }
    Some(format!(r"{}\{}", text(&domain, domain_length)?, text(&name, name_length)?))
}

fn look_up_name(name: &str) -> Option<Vec<u8>> {
    let name: Vec<u16> = name.encode_utf16().filter(|&unit| unit != 0).chain([0]).collect();
    let (mut sid, mut domain) = ([0_u8; LONGEST_SID], [0_u16; LONGEST_NAME]);
    let (mut sid_size, mut domain_length) = (LONGEST_SID as u32, LONGEST_NAME as u32);
    let mut kind = 0;
    // SAFETY: the name ends with a zero, and the buffers are as long as announced.
    unsafe {
        let found = LookupAccountNameW(
            std::ptr::null(),
            name.as_ptr(),
            sid.as_mut_ptr().cast(),
            &mut sid_size,
            domain.as_mut_ptr(),
            &mut domain_length,
            &mut kind,
        );
        let is_found = found != 0 && SIGNS_ON.contains(&kind);
        let length = if is_found { GetLengthSid(sid.as_ptr().cast()) as usize } else { 0 };
        is_found.then(|| sid.get(..length).map(<[u8]>::to_vec)).flatten()
    }
}

fn computer_name() -> Option<String> {
    let mut name = [0_u16; LONGEST_NAME];
    let mut length = LONGEST_NAME as u32;
    // SAFETY: the buffer is as long as announced.
    let found = unsafe { GetComputerNameW(name.as_mut_ptr(), &mut length) };
    (found != 0).then(|| String::from_utf16(name.get(..length as usize)?).ok()).flatten()
}
