//! Owners and access lists on Windows.
//!
//! What enters: open files. What leaves: owners as SIDs; who else may change a file; a file with the owner and the list of
//! another. Inherited entries of the list stay marked as inherited, so a later change on the folder reaches the new file as it
//! would have reached the old one. Absent: audit entries, and what an account may do through groups: an entry counts for the
//! account that it names.

use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::sync::LazyLock;

use windows_sys::Win32::Foundation::{HANDLE, LUID, LocalFree};
use windows_sys::Win32::Security::Authorization::ConvertSidToStringSidW;
use windows_sys::Win32::Security::{
    ACCESS_ALLOWED_ACE, ACE_HEADER, ACL, AdjustTokenPrivileges, DACL_SECURITY_INFORMATION, GetAce,
    GetKernelObjectSecurity, GetLengthSid, GetSecurityDescriptorControl, GetSecurityDescriptorDacl,
    GetSecurityDescriptorOwner, GetTokenInformation, INHERIT_ONLY_ACE, LUID_AND_ATTRIBUTES,
    LookupPrivilegeValueW, OWNER_SECURITY_INFORMATION, PSID, SE_DACL_AUTO_INHERIT_REQ,
    SE_DACL_AUTO_INHERITED, SE_PRIVILEGE_ENABLED, SetKernelObjectSecurity, SetSecurityDescriptorControl,
    TOKEN_ADJUST_PRIVILEGES, TOKEN_PRIVILEGES, TOKEN_QUERY, TOKEN_USER, TokenUser,
};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

use super::Reach;
use super::refused::not_kept;

/// The largest descriptor: an access list has at most 64 KiB, and the header and the SIDs add some bytes.
const MOST: usize = 0x1_1000;

/// ACCESS_ALLOWED_ACE_TYPE and ACCESS_ALLOWED_CALLBACK_ACE_TYPE, which begin in the same way.
const ALLOWED: [u8; 2] = [0, 9];

/// DELETE, WRITE_DAC, WRITE_OWNER, FILE_DELETE_CHILD, GENERIC_WRITE and GENERIC_ALL: each of them lets a user replace files of
/// others. The right to add files does not.
const CHANGES: u32 = 0x1_0000 | 0x4_0000 | 0x8_0000 | 0x40 | 0x4000_0000 | 0x1000_0000;

/// The same, and FILE_ADD_FILE and FILE_ADD_SUBDIRECTORY: each of them lets a user add files.
const ADDS: u32 = CHANGES | 0x2 | 0x4;

/// SYSTEM, the administrators, and TrustedInstaller, which owns Windows' own files (S-1-5-18, S-1-5-32-544, S-1-5-80-...).
const TRUSTED: [&str; 3] =
    ["S-1-5-18", "S-1-5-32-544", "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"];

/// CREATOR OWNER and OWNER RIGHTS, which mean the owner of a file (S-1-3-0, S-1-3-4).
const OWNERS: [&str; 2] = ["S-1-3-0", "S-1-3-4"];

/// A user's SID, as text.
pub type Owner = String;

/// A descriptor in 64-bit words, since it must be aligned.
type Descriptor = Vec<u64>;

static SELF: LazyLock<Option<Owner>> = LazyLock::new(|| own_name().ok());

/// The owner of a file.
pub fn owner(file: &File) -> io::Result<Owner> {
    let descriptor = read(file, OWNER_SECURITY_INFORMATION)?;
    let (mut sid, mut defaulted) = (std::ptr::null_mut(), 0);
    // SAFETY: `read` has filled the descriptor, which lives as long as `sid` is used.
    unsafe {
        if GetSecurityDescriptorOwner(descriptor.as_ptr().cast_mut().cast(), &mut sid, &mut defaulted) == 0 {
            return Err(io::Error::last_os_error());
        }
        named(sid)
    }
}

/// Whether an owner is this user or an administrator.
pub(crate) fn is_trusted(owner: &Owner) -> bool {
    TRUSTED.contains(&&**owner) || SELF.as_ref() == Some(owner)
}

/// An owner, for people.
pub(crate) fn shown(owner: &Owner) -> String {
    owner.clone()
}

/// Whether two files have the same list: only then is it certain that neither gives a right that the other does not.
pub fn is_as_closed(file: &File, former: &File) -> io::Result<bool> {
    Ok(entries(file)? == entries(former)?)
}

/// Gives a file the access list and the owner of another. If the owner cannot be preserved, a file of an administrator becomes
/// this user's, who may write it; a file of any other user is refused.
pub fn resemble(file: &File, former: &File) -> io::Result<()> {
    resemble_list(file, former)?;
    let whose = owner(former)?;
    if owner(file)? == whose {
        return Ok(());
    }
    // An administrator may set another owner, but must enable the privilege first.
    may_give_away();
    match write(file, OWNER_SECURITY_INFORMATION, &read(former, OWNER_SECURITY_INFORMATION)?) {
        Err(_) if !is_trusted(&whose) => Err(not_kept(&whose)),
        _ => Ok(()),
    }
}

/// Gives a file or a folder the access list of another.
pub fn resemble_list(file: &File, former: &File) -> io::Result<()> {
    let mut descriptor = read(former, DACL_SECURITY_INFORMATION)?;
    let place = descriptor.as_mut_ptr().cast();
    let (mut control, mut revision) = (0, 0);
    // SAFETY: `read` has filled the descriptor at `place`, which nothing else touches here; the other pointers are to variables
    // of this function.
    let kept = unsafe {
        GetSecurityDescriptorControl(place, &mut control, &mut revision) != 0
            // Without this request Windows loses the mark that the entries are inherited.
            && (control & SE_DACL_AUTO_INHERITED == 0
                || SetSecurityDescriptorControl(place, SE_DACL_AUTO_INHERIT_REQ, SE_DACL_AUTO_INHERIT_REQ) != 0)
    };
    if !kept {
        return Err(io::Error::last_os_error());
    }
    write(file, DACL_SECURITY_INFORMATION, &descriptor)
}

/// Who else has the right on a folder that `reach` names, if anyone does.
pub fn open_to(folder: &File, reach: Reach) -> io::Result<Option<String>> {
    let owner = owner(folder)?;
    let Some(entries) = entries(folder)? else { return Ok(Some("everybody".to_owned())) };
    let rights = if reach == Reach::Here { CHANGES } else { ADDS };
    let strangers = entries.into_iter().filter(|entry| {
        let is_own = OWNERS.contains(&&*entry.sid) || entry.sid == owner || is_trusted(&entry.sid);
        let is_here = reach == Reach::Below || u32::from(entry.flags) & INHERIT_ONLY_ACE == 0;
        ALLOWED.contains(&entry.kind) && is_here && entry.mask & rights != 0 && !is_own
    });
    Ok(strangers.map(|entry| entry.sid).next())
}

/// One entry of an access list.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    kind: u8,
    flags: u8,
    mask: u32,
    sid: String,
}

/// The entries of a file's access list; `None` if it has no list, which permits everything to everybody.
fn entries(file: &File) -> io::Result<Option<Vec<Entry>>> {
    let descriptor = read(file, DACL_SECURITY_INFORMATION)?;
    let (mut present, mut list, mut defaulted) = (0, std::ptr::null_mut::<ACL>(), 0);
    // SAFETY: `read` has filled the descriptor; the other pointers are to variables of this function.
    let is_read = unsafe {
        GetSecurityDescriptorDacl(
            descriptor.as_ptr().cast_mut().cast(),
            &mut present,
            &mut list,
            &mut defaulted,
        )
    };
    if is_read == 0 {
        return Err(io::Error::last_os_error());
    }
    if present == 0 || list.is_null() {
        return Ok(None);
    }
    // SAFETY: the list is in the descriptor, which lives to the end of this function.
    let count = unsafe { (*list).AceCount };
    (0..u32::from(count)).map(|number| entry(list, number)).collect::<io::Result<_>>().map(Some)
}

/// An entry of a list that lives as long as the call.
fn entry(list: *const ACL, number: u32) -> io::Result<Entry> {
    let mut entry: *mut c_void = std::ptr::null_mut();
    // SAFETY: the list is whole, and `number` less than its count, so `entry` points into it. Every entry begins with a header.
    // Only entries of kinds that have a SID after the mask are read further, and Windows has checked that they are whole.
    unsafe {
        if GetAce(list, number, &mut entry) == 0 {
            return Err(io::Error::last_os_error());
        }
        let ACE_HEADER { AceType: kind, AceFlags: flags, .. } = *entry.cast::<ACE_HEADER>();
        let allowed = entry.cast::<ACCESS_ALLOWED_ACE>();
        // ACCESS_DENIED_ACE_TYPE begins like the allowed ones.
        let has_sid = kind == 1 || ALLOWED.contains(&kind);
        let sid = if has_sid { named((&raw mut (*allowed).SidStart).cast())? } else { String::new() };
        Ok(Entry { kind, flags, mask: (*allowed).Mask, sid })
    }
}

fn read(file: &File, what: u32) -> io::Result<Descriptor> {
    let mut descriptor = vec![0_u64; MOST / size_of::<u64>()];
    let mut needed = 0;
    // SAFETY: the handle is open as long as `file`; the descriptor has MOST bytes and is aligned.
    let is_read = unsafe {
        let place = descriptor.as_mut_ptr().cast();
        GetKernelObjectSecurity(file.as_raw_handle(), what, place, MOST as u32, &mut needed)
    };
    if is_read == 0 { Err(io::Error::last_os_error()) } else { Ok(descriptor) }
}

fn write(file: &File, what: u32, descriptor: &Descriptor) -> io::Result<()> {
    // SAFETY: the handle is open as long as `file`, and the descriptor is one that `read` has filled.
    let is_written =
        unsafe { SetKernelObjectSecurity(file.as_raw_handle(), what, descriptor.as_ptr().cast_mut().cast()) };
    if is_written == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// A SID as text.
///
/// # Safety
/// `sid` points to a SID that lives as long as the call.
unsafe fn named(sid: PSID) -> io::Result<String> {
    let mut text = std::ptr::null_mut();
    // SAFETY: the caller vouches for the SID; the text that comes back ends with a zero, and is freed once.
    unsafe {
        if ConvertSidToStringSidW(sid, &mut text) == 0 {
            return Err(io::Error::last_os_error());
        }
        let length = (0..).take_while(|at| *text.add(*at) != 0).count();
        let name = String::from_utf16_lossy(std::slice::from_raw_parts(text, length));
        LocalFree(text.cast());
        Ok(name)
    }
}

/// The token of this process.
fn token(access: u32) -> io::Result<OwnedHandle> {
    let mut token: HANDLE = std::ptr::null_mut();
    // SAFETY: `token` is a variable of this function; what comes back is this function's to close.
    unsafe {
        match OpenProcessToken(GetCurrentProcess(), access, &mut token) {
            0 => Err(io::Error::last_os_error()),
            _ => Ok(OwnedHandle::from_raw_handle(token)),
        }
    }
}

fn own_name() -> io::Result<Owner> {
    let token = token(TOKEN_QUERY)?;
    // In 64-bit words, since the result begins with a pointer. A SID has at most 68 bytes (SECURITY_MAX_SID_SIZE).
    let mut known = [0_u64; 32];
    let mut needed = 0;
    // SAFETY: the token is open, and `known` has as many bytes as the call is told. If it succeeds, `known` holds a TOKEN_USER
    // and the SID that it points to.
    unsafe {
        let place = known.as_mut_ptr().cast::<c_void>();
        if GetTokenInformation(
            token.as_raw_handle(),
            TokenUser,
            place,
            size_of_val(&known) as u32,
            &mut needed,
        ) == 0
        {
            return Err(io::Error::last_os_error());
        }
        let sid = (*place.cast::<TOKEN_USER>()).User.Sid;
        debug_assert!(GetLengthSid(sid) <= 68);
        named(sid)
    }
}

/// Lets this process give files to any owner, if its user has the privilege: SeRestorePrivilege, "Restore files and
/// directories".
fn may_give_away() {
    let name: Vec<u16> = "SeRestorePrivilege\0".encode_utf16().collect();
    let mut known = LUID::default();
    let Ok(token) = token(TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY) else { return };
    // SAFETY: the name ends with a zero, the token is open, and the structure is whole. A privilege that the user lacks is not
    // enabled, and setting the owner then fails.
    unsafe {
        if LookupPrivilegeValueW(std::ptr::null(), name.as_ptr(), &mut known) != 0 {
            let privilege = LUID_AND_ATTRIBUTES { Luid: known, Attributes: SE_PRIVILEGE_ENABLED };
            let wanted = TOKEN_PRIVILEGES { PrivilegeCount: 1, Privileges: [privilege] };
            AdjustTokenPrivileges(
                token.as_raw_handle(),
                0,
                &wanted,
                0,
                std::ptr::null_mut(),
                std::ptr::null_mut(),
            );
        }
    }
}
