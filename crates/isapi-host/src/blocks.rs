//! The memory of control blocks, which is never freed: a bridge that accesses a block too late must still find one.
//!
//! In: nothing. Out: blocks, and the fields in which two of them differ. Absent: knowledge of requests.

use std::cell::UnsafeCell;
use std::ffi::c_void;
use std::sync::Mutex;

use super::block::{ControlBlock, GetServerVariable, ReadClient, ServerSupportFunction, WriteClient};
use super::{callbacks, lock};

/// The memory of one control block.
pub(super) struct Block(UnsafeCell<ControlBlock>);

// SAFETY: `Block` gives out no reference, only copies and a raw pointer; ISAPI's contract says who may write and
// when, and the host looks for bridges that break it.
unsafe impl Sync for Block {}

/// Blocks that no request uses.
static SPARE: Mutex<Vec<&'static Block>> = Mutex::new(Vec::new());

impl Block {
    /// Returns a block with these contents, either new or reused.
    pub(super) fn take(contents: ControlBlock) -> &'static Self {
        let spare = lock(&SPARE).pop();
        let block = spare.unwrap_or_else(|| Box::leak(Box::new(Self(UnsafeCell::new(empty())))));
        // SAFETY: no request uses the block.
        unsafe { block.0.get().write_volatile(contents) };
        block
    }

    /// Makes the block available to another request.
    pub(super) fn give_back(&'static self) {
        lock(&SPARE).push(self);
    }

    pub(super) fn pointer(&self) -> *mut ControlBlock {
        self.0.get()
    }

    /// The current contents of the block.
    pub(super) fn copy(&self) -> ControlBlock {
        // SAFETY: the memory is never freed, and its fields are numbers and pointers, for which
        // every bit pattern is valid.
        unsafe { self.0.get().read_volatile() }
    }
}

/// A block that belongs to no request.
pub(super) fn empty() -> ControlBlock {
    ControlBlock {
        size: size_of::<ControlBlock>() as u32,
        version: 0x0008_0000,
        connection: std::ptr::null_mut(),
        http_status_code: 200,
        log_data: [0; 80],
        method: std::ptr::null(),
        query_string: std::ptr::null(),
        path_info: std::ptr::null(),
        path_translated: std::ptr::null(),
        total_bytes: 0,
        available_bytes: 0,
        available: std::ptr::null(),
        content_type: std::ptr::null(),
        get_server_variable: callbacks::get_server_variable as GetServerVariable as *const c_void,
        write_client: callbacks::write_client as WriteClient as *const c_void,
        read_client: callbacks::read_client as ReadClient as *const c_void,
        server_support_function: callbacks::server_support_function as ServerSupportFunction as *const c_void,
    }
}

/// The fields in which two blocks differ, of those that a bridge must never write; httpext.h's names.
pub(super) fn differences(one: &ControlBlock, other: &ControlBlock) -> Vec<&'static str> {
    let fields = [
        ("cbSize", one.size != other.size),
        ("dwVersion", one.version != other.version),
        ("ConnID", one.connection != other.connection),
        ("lpszMethod", one.method != other.method),
        ("lpszQueryString", one.query_string != other.query_string),
        ("lpszPathInfo", one.path_info != other.path_info),
        ("lpszPathTranslated", one.path_translated != other.path_translated),
        ("cbTotalBytes", one.total_bytes != other.total_bytes),
        ("cbAvailable", one.available_bytes != other.available_bytes),
        ("lpbData", one.available != other.available),
        ("lpszContentType", one.content_type != other.content_type),
        ("GetServerVariable", one.get_server_variable != other.get_server_variable),
        ("WriteClient", one.write_client != other.write_client),
        ("ReadClient", one.read_client != other.read_client),
        ("ServerSupportFunction", one.server_support_function != other.server_support_function),
    ];
    fields.into_iter().filter(|(_, differ)| *differ).map(|(name, _)| name).collect()
}

/// The fields in which two blocks differ, of those that a bridge may write before completion.
pub(super) fn differences_of_answers(one: &ControlBlock, other: &ControlBlock) -> Vec<&'static str> {
    let fields = [
        ("dwHttpStatusCode", one.http_status_code != other.http_status_code),
        ("lpszLogData", one.log_data != other.log_data),
    ];
    fields.into_iter().filter(|(_, differ)| *differ).map(|(name, _)| name).collect()
}
