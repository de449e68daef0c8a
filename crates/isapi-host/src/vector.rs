//! VECTOR_SEND: status, headers, buffers and parts of files in one call.
//!
//! In: a `HSE_RESPONSE_VECTOR`. Out: calls on the exchange. Absent: the asynchronous form.

use std::ffi::{CStr, c_char, c_void};
use std::fs::File;
use std::mem::ManuallyDrop;
use std::{io, slice};

use super::block::{self, ResponseVector, VectorElement};
use super::exchange::Call;

/// How many bytes of a file are in memory at one time.
const PIECE: usize = 64 * 1024;

/// Sends a vector.
///
/// # Safety
/// As httpext.h specifies: the strings end in zeros, the elements are as many as the vector says, and each is a readable
/// buffer or a handle that can be read.
pub(super) unsafe fn send(call: &mut Call<'_>, vector: &ResponseVector) -> Result<(), u32> {
    let refuse = |call: &mut Call<'_>, what: String| {
        call.violation(what);
        Err(block::ERROR_INVALID_PARAMETER)
    };
    if vector.flags & block::IO_ASYNC != 0 {
        return refuse(call, "asynchronous VECTOR_SEND, whose buffers would outlive the call".into());
    }
    if vector.flags & !block::IO_FLAGS != 0 {
        return refuse(
            call,
            format!("VECTOR_SEND with flags {:#x}, which httpext.h does not know", vector.flags),
        );
    }
    let with_head = vector.flags & block::IO_SEND_HEADERS != 0;
    if with_head == vector.status.is_null() || with_head == vector.headers.is_null() {
        return refuse(
            call,
            "VECTOR_SEND needs status and headers with HSE_IO_SEND_HEADERS, else neither".into(),
        );
    }
    if with_head {
        let keep = vector.flags & block::IO_DISCONNECT_AFTER_SEND == 0;
        // SAFETY: the caller's promise; neither is NULL.
        let (status, headers) = unsafe { (text(vector.status), text(vector.headers)) };
        call.head(status, headers, keep)?;
    }
    let elements = match vector.count {
        0 => &[],
        // SAFETY: the caller's promise.
        count => unsafe { slice::from_raw_parts(vector.elements, count as usize) },
    };
    for element in elements {
        // SAFETY: the caller's promise.
        unsafe { send_element(call, element)? };
    }
    call.take_flags(vector.flags);
    call.flush()
}

/// # Safety
/// As [`send`].
unsafe fn send_element(call: &mut Call<'_>, element: &VectorElement) -> Result<(), u32> {
    let what = match (element.kind, usize::try_from(element.size), usize::try_from(element.offset)) {
        (block::ELEMENT_MEMORY_BUFFER, Ok(1..), Ok(_)) if element.context.is_null() => {
            "an element without its buffer"
        }
        (block::ELEMENT_MEMORY_BUFFER, Ok(size @ 1..), Ok(offset)) => {
            // SAFETY: the caller's promise.
            return call
                .write(unsafe { slice::from_raw_parts(element.context.cast::<u8>().add(offset), size) });
        }
        (block::ELEMENT_MEMORY_BUFFER, ..) => "a buffer of no or too many bytes",
        (block::ELEMENT_FILE_HANDLE, ..) => {
            // SAFETY: the caller's promise.
            let file = unsafe { borrow(element.context) };
            return send_file(call, element, &file);
        }
        _ => "an element that is neither buffer nor file",
    };
    call.violation(format!("VECTOR_SEND of {what}"));
    Err(block::ERROR_INVALID_PARAMETER)
}

/// Sends a part of a file; a size of 0 means everything from the offset on.
fn send_file(call: &mut Call<'_>, element: &VectorElement, file: &File) -> Result<(), u32> {
    let (mut offset, whole) = (element.offset, element.size == 0);
    let mut left = if whole { u64::MAX } else { element.size };
    let mut piece = vec![0; PIECE.min(usize::try_from(left).unwrap_or(PIECE))];
    while left > 0 {
        let room = piece.len().min(usize::try_from(left).unwrap_or(PIECE));
        let size = match read_at(file, &mut piece[..room], offset) {
            Ok(0) if whole => return Ok(()),
            Ok(0) => {
                call.violation(format!("VECTOR_SEND of {left} bytes beyond the end of a file"));
                return Err(block::ERROR_HANDLE_EOF);
            }
            Ok(size) => size,
            Err(error) => {
                call.violation(format!("VECTOR_SEND of a file that cannot be read: {error}"));
                return Err(error.raw_os_error().map_or(block::ERROR_INVALID_PARAMETER, i32::cast_unsigned));
            }
        };
        call.write(&piece[..size])?;
        call.count_file(size);
        offset += size as u64;
        left -= size as u64;
    }
    Ok(())
}

/// # Safety
/// `pointer` is a C string.
unsafe fn text<'a>(pointer: *const c_char) -> &'a [u8] {
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(pointer) }.to_bytes()
}

/// The bridge's file, which the bridge continues to own.
///
/// # Safety
/// The handle is open, and stays open as long as the result is used.
#[cfg(windows)]
unsafe fn borrow(handle: *mut c_void) -> ManuallyDrop<File> {
    use std::os::windows::io::FromRawHandle;
    // SAFETY: the caller's promise; `ManuallyDrop` keeps it from being closed.
    ManuallyDrop::new(unsafe { File::from_raw_handle(handle) })
}

/// The bridge's file, which the bridge continues to own. On systems other than Windows the handle is a file
/// descriptor.
///
/// # Safety
/// The descriptor is open, and stays open as long as the result is used.
#[cfg(unix)]
unsafe fn borrow(handle: *mut c_void) -> ManuallyDrop<File> {
    use std::os::fd::FromRawFd;
    // SAFETY: the caller's promise; `ManuallyDrop` keeps it from being closed.
    ManuallyDrop::new(unsafe { File::from_raw_fd(handle.addr() as i32) })
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}
