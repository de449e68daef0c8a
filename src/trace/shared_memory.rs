//! The channel's four objects, from the reader's side.
//!
//! What enters: nothing. What leaves: the text that programs have written. The mapping has 128 KiB: a count of four
//! bytes, then as many bytes of text; a mutex guards both. A writer appends, and sets one event; the reader takes
//! everything, sets the count to 0, and sets the other. pywin32 looks for these objects in the session first, and
//! creates them globally if it may; so does this module. Absent: interpreting the text.
//!
//! This is declared separately from the bridge's side of the channel, so that a mistake in one of them shows.

use std::ffi::c_void;
use std::{io, ptr};

use windows_sys::Win32::Foundation::{
    CloseHandle, ERROR_ALREADY_EXISTS, GetLastError, HANDLE, INVALID_HANDLE_VALUE, LocalFree, SetLastError,
    WAIT_ABANDONED, WAIT_OBJECT_0,
};
use windows_sys::Win32::Security::Authorization::{
    ConvertStringSecurityDescriptorToSecurityDescriptorW, SDDL_REVISION_1,
};
use windows_sys::Win32::Security::SECURITY_ATTRIBUTES;
use windows_sys::Win32::System::Memory::{
    CreateFileMappingW, FILE_MAP_READ, FILE_MAP_WRITE, MEMORY_MAPPED_VIEW_ADDRESS, MapViewOfFile,
    OpenFileMappingW, PAGE_READWRITE, UnmapViewOfFile,
};
use windows_sys::Win32::System::Threading::{
    CreateEventW, CreateMutexW, ReleaseMutex, SetEvent, WaitForSingleObject,
};

use super::{Company, Reach};

const MAPPING_SIZE: usize = 0x2_0000;
const COUNT_SIZE: usize = size_of::<u32>();

/// How long one wait lasts; after it the buffer is read in any case.
const PATIENCE_MILLISECONDS: u32 = 1000;

/// The owner of the objects, if this process may set it: the administrators, which is what the bridge looks for.
/// Otherwise Windows makes the user the owner if its policy "default owner" says so.
const OWNER: &str = "O:BA";

/// Who may use the objects: the system, administrators, services, and every worker process of IIS, whose identities
/// all belong to IIS_IUSRS. pywin32 opens existing objects with all rights, so fewer rights would shut its writers
/// out.
const ACCESS: &str = "D:(A;;GA;;;SY)(A;;GA;;;BA)(A;;GA;;;SU)(A;;GA;;;S-1-5-32-568)";

/// The open channel.
pub(crate) struct Channel {
    reach: Reach,
    company: Company,
    view: MEMORY_MAPPED_VIEW_ADDRESS,
    mutex: Object,
    filled: Object,
    emptied: Object,
    _mapping: Object,
}

impl Channel {
    /// Opens the objects, and creates the missing ones.
    pub(crate) fn open() -> io::Result<Self> {
        let (of_administrators, own) = (Access::new(OWNER)?, Access::new("")?);
        let open = |reach| Self::open_in(reach, &of_administrators).or_else(|_| Self::open_in(reach, &own));
        if exists_in_session() {
            return open(Reach::Session);
        }
        open(Reach::Machine).or_else(|_| open(Reach::Session))
    }

    fn open_in(reach: Reach, access: &Access) -> io::Result<Self> {
        let namespace = match reach {
            Reach::Machine => r"Global\",
            Reach::Session => "",
        };
        let name = |what: &str| wide(&format!("{namespace}PythonTraceOutput{what}"));
        let attributes = access.attributes();
        // SAFETY: the attributes and the names, which end with a zero, outlive the calls; the view is asked of an open
        // mapping, and a mapping that is smaller than announced makes the call fail.
        unsafe {
            SetLastError(0);
            let mapping = Object::new(CreateFileMappingW(
                INVALID_HANDLE_VALUE,
                &attributes,
                PAGE_READWRITE,
                0,
                MAPPING_SIZE as u32,
                name("Mapping").as_ptr(),
            ))?;
            let shared = GetLastError() == ERROR_ALREADY_EXISTS;
            let view = MapViewOfFile(mapping.0, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, MAPPING_SIZE);
            if view.Value.is_null() {
                return Err(io::Error::last_os_error());
            }
            Ok(Self {
                reach,
                company: if shared { Company::Shared } else { Company::Alone },
                view,
                mutex: Object::new(CreateMutexW(&attributes, 0, name("Mutex").as_ptr()))?,
                filled: Object::new(CreateEventW(&attributes, 0, 0, name("Event").as_ptr()))?,
                emptied: Object::new(CreateEventW(&attributes, 0, 0, name("EmptyEvent").as_ptr()))?,
                _mapping: mapping,
            })
        }
    }

    /// Which programs' text can be received.
    pub(crate) fn reach(&self) -> Reach {
        self.reach
    }

    /// Whether the channel already existed.
    pub(crate) fn company(&self) -> Company {
        self.company
    }

    /// Waits for text, which is in Latin-1.
    pub(crate) fn next_text(&self) -> String {
        loop {
            let bytes = self.take();
            if !bytes.is_empty() {
                return bytes.into_iter().map(char::from).collect();
            }
            self.filled.wait();
        }
    }

    /// Takes all bytes in the buffer.
    fn take(&self) -> Vec<u8> {
        if !self.mutex.wait() {
            return Vec::new();
        }
        let count = self.view.Value.cast::<u32>();
        // SAFETY: the view is as long as the mapping and begins at a page, the mutex keeps the protocol's writers out,
        // and nothing here reaches beyond the view, whatever a program without manners has put into the count.
        unsafe {
            let length = (count.read_volatile() as usize).min(MAPPING_SIZE - COUNT_SIZE);
            let mut bytes = Vec::with_capacity(length);
            let text = self.view.Value.cast::<u8>().add(COUNT_SIZE);
            ptr::copy_nonoverlapping(text, bytes.as_mut_ptr(), length);
            bytes.set_len(length);
            count.write_volatile(0);
            ReleaseMutex(self.mutex.0);
            SetEvent(self.emptied.0);
            bytes
        }
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        // SAFETY: the view comes from MapViewOfFile and is given back once.
        unsafe { UnmapViewOfFile(self.view) };
    }
}

fn exists_in_session() -> bool {
    // SAFETY: the name ends with a zero.
    let mapping = unsafe { OpenFileMappingW(FILE_MAP_READ, 0, wide("PythonTraceOutputMapping").as_ptr()) };
    Object::new(mapping).is_ok()
}

/// A handle of this process.
struct Object(HANDLE);

impl Object {
    /// Takes a handle from the call that has just returned it.
    fn new(handle: HANDLE) -> io::Result<Self> {
        if handle.is_null() { Err(io::Error::last_os_error()) } else { Ok(Self(handle)) }
    }

    /// Waits for the object; a mutex whose owner died is acquired, too.
    fn wait(&self) -> bool {
        // SAFETY: the handle is open.
        let outcome = unsafe { WaitForSingleObject(self.0, PATIENCE_MILLISECONDS) };
        matches!(outcome, WAIT_OBJECT_0 | WAIT_ABANDONED)
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        // SAFETY: the handle is open, and this is its only owner.
        unsafe { CloseHandle(self.0) };
    }
}

/// The security descriptor of new objects.
struct Access(*mut c_void);

impl Access {
    fn new(owner: &str) -> io::Result<Self> {
        let mut descriptor = ptr::null_mut();
        // SAFETY: the text ends with a zero, and the descriptor's size may be left unasked.
        let made = unsafe {
            ConvertStringSecurityDescriptorToSecurityDescriptorW(
                wide(&format!("{owner}{ACCESS}")).as_ptr(),
                SDDL_REVISION_1,
                &mut descriptor,
                ptr::null_mut(),
            )
        };
        if made == 0 { Err(io::Error::last_os_error()) } else { Ok(Self(descriptor)) }
    }

    fn attributes(&self) -> SECURITY_ATTRIBUTES {
        SECURITY_ATTRIBUTES {
            nLength: size_of::<SECURITY_ATTRIBUTES>() as u32,
            lpSecurityDescriptor: self.0,
            bInheritHandle: 0,
        }
    }
}

impl Drop for Access {
    fn drop(&mut self) {
        // SAFETY: the descriptor comes from the conversion, which says that LocalFree is its end.
        unsafe { LocalFree(self.0) };
    }
}

fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}
