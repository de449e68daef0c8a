//! The shared memory that pywin32's `python -m win32traceutil` and `kallithea-iisc trace` read: lines of the log, live.
//!
//! What enters: text. What leaves: the same text as Latin-1, which is what the channel's readers expect, appended to the
//! buffer that a reader has created; characters beyond Latin-1 appear as `\u{141}`. The protocol is the one of pywin32's
//! win32trace.cpp: a mapping of 128 KiB that begins with a four-byte count of the bytes that follow, a mutex around it,
//! one event for "there is text" and one for "the buffer was emptied", in the global namespace or in the session's own.
//!
//! Absent: creating these objects. Only a reader creates them. So without a reader, other users of the server can see
//! nothing, and the bridge's only cost is a failed look-up now and then. Any process that may create named objects can
//! create such a channel, for example the worker process of another pool. So the bridge checks the owner of each of the
//! four objects, and writes only to administrators, the system and its own account, who can read the log file anyway. Also
//! absent: waiting for a reader that has stopped reading; the messages that it misses are counted, and it is told how many.

use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::abi::accounts;

/// Size of the mapping, including the count of its bytes.
const MAPPING_SIZE: usize = 0x2_0000;
const COUNT_SIZE: usize = size_of::<u32>();
const CAPACITY: usize = MAPPING_SIZE - COUNT_SIZE;

/// The most that is written at once, so that a reader that keeps up always has room.
const PIECE: usize = CAPACITY / 4;

/// How long a write waits for a full buffer, or for another process that uses the buffer.
const PATIENCE_MILLISECONDS: u32 = 100;

/// How long the bridge waits before it looks again, after it has found no reader.
const ABSENCE: Duration = Duration::from_millis(250);

const FILE_MAP_READ_AND_WRITE: u32 = 0x2 | 0x4;
const SYNCHRONIZE: u32 = 0x0010_0000;
const READ_CONTROL: u32 = 0x0002_0000;
const EVENT_MODIFY_STATE: u32 = 0x2;
const WAIT_OBJECT_0: u32 = 0;
const WAIT_ABANDONED: u32 = 0x80;

#[link(name = "kernel32")]
unsafe extern "system" {
    fn OpenFileMappingW(access: u32, inherit: i32, name: *const u16) -> *mut c_void;
    fn MapViewOfFile(mapping: *mut c_void, access: u32, high: u32, low: u32, size: usize) -> *mut c_void;
    fn UnmapViewOfFile(address: *const c_void) -> i32;
    fn OpenMutexW(access: u32, inherit: i32, name: *const u16) -> *mut c_void;
    fn ReleaseMutex(mutex: *mut c_void) -> i32;
    fn OpenEventW(access: u32, inherit: i32, name: *const u16) -> *mut c_void;
    fn SetEvent(event: *mut c_void) -> i32;
    fn WaitForSingleObject(object: *mut c_void, milliseconds: u32) -> u32;
    fn CloseHandle(object: *mut c_void) -> i32;
}

static READER: Mutex<Reader> = Mutex::new(Reader::Present { lost: 0 });

/// What is known about the reader.
enum Reader {
    /// There was no reader at that time.
    Absent(Instant),
    /// There may be a reader, and it has missed this many messages, wholly or in part.
    Present { lost: u64 },
}

/// Whether bytes reached the buffer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Written,
    Full,
}

/// Shows text to the channel's reader. That takes at most a fraction of a second, and almost no time where there is
/// no reader or the reader has stopped reading.
pub(crate) fn write(text: &str) {
    let mut reader = READER.lock().unwrap_or_else(PoisonError::into_inner);
    let lost = match *reader {
        Reader::Absent(since) if since.elapsed() < ABSENCE => return,
        Reader::Absent(_) => 0,
        Reader::Present { lost } => lost,
    };
    *reader = match Channel::open() {
        None => Reader::Absent(Instant::now()),
        Some(channel) if show(&channel, text, lost) => Reader::Present { lost: 0 },
        Some(_) => Reader::Present { lost: lost + 1 },
    };
}

/// Writes a message, preceded by the number of missed ones; returns whether there was room for all of it.
fn show(channel: &Channel, text: &str, lost: u64) -> bool {
    let mut bytes = Vec::with_capacity(text.len() + 64);
    if lost > 0 {
        push_latin_1(&mut bytes, &format!("({lost} messages are missing here: the reader was busy)\n"));
    }
    push_latin_1(&mut bytes, text);
    let patience = if lost == 0 { PATIENCE_MILLISECONDS } else { 0 };
    bytes.chunks(PIECE).all(|piece| channel.append_patiently(piece, patience))
}

/// Appends text in the channel's encoding.
fn push_latin_1(bytes: &mut Vec<u8>, text: &str) {
    for letter in text.chars() {
        match u8::try_from(u32::from(letter)) {
            Ok(byte) => bytes.push(byte),
            Err(_) => bytes.extend(letter.escape_unicode().map(|letter| letter as u8)),
        }
    }
}

/// The objects that a reader has created. They are opened for one write, since objects that the bridge keeps open
/// would outlive the reader.
struct Channel {
    view: View,
    mutex: Object,
    filled: Object,
    emptied: Object,
}

impl Channel {
    /// Opens the objects where a reader has created them: first in this session, as pywin32 does, then globally.
    fn open() -> Option<Self> {
        ["", r"Global\"].into_iter().find_map(|namespace| {
            let name = |what| wide(&format!("{namespace}PythonTraceOutput{what}"));
            let (mapping, mutex) = (name("Mapping"), name("Mutex"));
            let (filled, emptied) = (name("Event"), name("EmptyEvent"));
            // SAFETY: every name ends with a zero.
            unsafe {
                let mapping = OpenFileMappingW(FILE_MAP_READ_AND_WRITE | READ_CONTROL, 0, mapping.as_ptr());
                let mapping = Object::trusted(mapping)?;
                let mutex = Object::trusted(OpenMutexW(SYNCHRONIZE | READ_CONTROL, 0, mutex.as_ptr()))?;
                let filled = OpenEventW(EVENT_MODIFY_STATE | READ_CONTROL, 0, filled.as_ptr());
                let emptied = OpenEventW(SYNCHRONIZE | READ_CONTROL, 0, emptied.as_ptr());
                Some(Self {
                    view: View::of(&mapping)?,
                    mutex,
                    filled: Object::trusted(filled)?,
                    emptied: Object::trusted(emptied)?,
                })
            }
        })
    }

    /// Appends bytes, if necessary after the reader has made room; returns whether they were written.
    fn append_patiently(&self, bytes: &[u8], patience: u32) -> bool {
        // The event may still be set from an earlier time, so that the first wait returns at once.
        (0..3).any(|attempt| {
            if attempt > 0 {
                self.emptied.wait(patience);
            }
            self.append(bytes, patience) == Outcome::Written
        })
    }

    /// Appends bytes if there is room for them, and tells the reader either way.
    fn append(&self, bytes: &[u8], patience: u32) -> Outcome {
        if !self.mutex.wait(patience) {
            return Outcome::Full;
        }
        let outcome = self.view.append(bytes);
        // SAFETY: the handles are open, and this thread has just got the mutex. After a failure nothing else can be
        // done.
        unsafe {
            ReleaseMutex(self.mutex.0.as_ptr());
            SetEvent(self.filled.0.as_ptr());
        }
        outcome
    }
}

/// The mapping in this process's memory.
struct View(NonNull<c_void>);

impl View {
    fn of(mapping: &Object) -> Option<Self> {
        // SAFETY: the handle is that of a mapping; asking for more than it holds makes the call fail.
        let address =
            unsafe { MapViewOfFile(mapping.0.as_ptr(), FILE_MAP_READ_AND_WRITE, 0, 0, MAPPING_SIZE) };
        NonNull::new(address).map(Self)
    }

    /// Appends bytes after the existing ones; the caller holds the mutex.
    fn append(&self, bytes: &[u8]) -> Outcome {
        let count = self.0.cast::<u32>().as_ptr();
        // SAFETY: the view is as long as the mapping and begins at a page, and nothing here reaches beyond it, whatever
        // another process has put into the count. Nobody else in this process has the view.
        unsafe {
            // An impossible count comes from a program that does not know the protocol.
            let filled = Some(count.read_volatile() as usize).filter(|&count| count <= CAPACITY).unwrap_or(0);
            if CAPACITY - filled < bytes.len() {
                return Outcome::Full;
            }
            let end = self.0.cast::<u8>().as_ptr().add(COUNT_SIZE + filled);
            end.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
            count.write_volatile((filled + bytes.len()) as u32);
        }
        Outcome::Written
    }
}

impl Drop for View {
    fn drop(&mut self) {
        // SAFETY: the address comes from MapViewOfFile and is unmapped once.
        unsafe { UnmapViewOfFile(self.0.as_ptr()) };
    }
}

/// A handle of this process.
struct Object(NonNull<c_void>);

impl Object {
    /// Takes a handle that was opened with READ_CONTROL, if the object's owner may read the log.
    fn trusted(handle: *mut c_void) -> Option<Self> {
        let object = NonNull::new(handle).map(Self)?;
        // SAFETY: the handle is open, with the right that is asked for.
        unsafe { accounts::may_hear(handle) }.then_some(object)
    }

    /// Waits for the object. A mutex that its owner abandoned is acquired, too.
    fn wait(&self, milliseconds: u32) -> bool {
        // SAFETY: the handle is open.
        let outcome = unsafe { WaitForSingleObject(self.0.as_ptr(), milliseconds) };
        matches!(outcome, WAIT_OBJECT_0 | WAIT_ABANDONED)
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        // SAFETY: the handle is open, and this is its only owner.
        unsafe { CloseHandle(self.0.as_ptr()) };
    }
}

fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}
