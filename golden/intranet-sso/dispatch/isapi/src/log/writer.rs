//! Writes the log's lines to the file, the debugger, and the reader of the trace channel.
//!
//! What enters: whole lines, from any thread. What leaves: the same lines in larger pieces, which a separate thread
//! writes, so that no request waits for a disk. The file is opened for each piece. If the next line would make it too
//! large, another one begins. Several worker processes may write to it at the same time. Absent: a second try for a piece
//! that could not be written.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::debug_output;
use crate::config::SETTINGS;
use crate::paths;

/// How long lines are collected before they are written.
const GATHERING: Duration = Duration::from_millis(20);

/// After this many rounds without a line, the writer sleeps until there is one.
const PATIENCE: u32 = 50;

/// The most bytes that are kept while the disk is slow; lines beyond that are lost and counted.
const MOST: usize = 8 * 1024 * 1024;

static PENDING: Mutex<Pending> = Mutex::new(Pending { text: String::new(), lost: 0, is_writer_awake: false });
static FILLED: Condvar = Condvar::new();
static HAS_WRITER: AtomicBool = AtomicBool::new(false);

/// Held while something is written, so that lines keep their order.
static OUTLETS: Mutex<()> = Mutex::new(());

struct Pending {
    text: String,
    lost: u64,
    is_writer_awake: bool,
}

/// Starts the log's own thread, unless it runs already. Until then every line is written at once.
pub fn begin() {
    if HAS_WRITER.swap(true, Ordering::AcqRel) {
        return;
    }
    if let Err(error) = std::thread::Builder::new().name("log".into()).spawn(keep_writing) {
        HAS_WRITER.store(false, Ordering::Release);
        put(&format!("cannot start a thread for the log: {error}\n"));
    }
}

/// Takes a line, including its line end.
pub(super) fn put(line: &str) {
    if !HAS_WRITER.load(Ordering::Acquire) {
        let _outlets = OUTLETS.lock().unwrap_or_else(PoisonError::into_inner);
        return write(line);
    }
    let mut pending = lock();
    if pending.text.len() + line.len() > MOST {
        pending.lost += 1;
        return;
    }
    pending.text.push_str(line);
    if !pending.is_writer_awake {
        pending.is_writer_awake = true;
        FILLED.notify_one();
    }
}

/// Writes all waiting lines; returns whether there were any.
pub fn flush() -> bool {
    let _outlets = OUTLETS.lock().unwrap_or_else(PoisonError::into_inner);
    let mut pending = lock();
    let text = std::mem::take(&mut pending.text);
    let lost = std::mem::take(&mut pending.lost);
    drop(pending);
    if lost > 0 {
        write(&format!(
            "{lost} lines of this log were lost, because they came faster than they could be written\n"
        ));
    }
    if !text.is_empty() {
        write(&text);
    }
    !text.is_empty()
}

fn keep_writing() {
    loop {
        drop(FILLED.wait_while(lock(), |pending| !pending.is_writer_awake));
        let mut quiet = 0;
        while quiet < PATIENCE {
            std::thread::sleep(GATHERING);
            quiet = if flush() { 0 } else { quiet + 1 };
        }
        let mut pending = lock();
        pending.is_writer_awake = !pending.text.is_empty();
    }
}

fn write(text: &str) {
    text.split_inclusive('\n').for_each(debug_output);
    #[cfg(windows)]
    crate::trace_channel::write(text);
    let path = paths::local(SETTINGS.log.file);
    // A full disk must not stop the application, and there is no better place to report it.
    if let Err(error) = append(&path, text) {
        debug_output(&format!("kallithea: cannot write {}: {error}\n", path.display()));
    }
}

/// Appends lines. As soon as the file is full, the next line begins another one.
fn append(path: &Path, text: &str) -> io::Result<()> {
    let limit = SETTINGS.log.max_megabytes * 1024 * 1024;
    let mut left = text;
    while !left.is_empty() {
        let mut file = open_or_create(path)?;
        let size = file.metadata()?.len();
        let fitting = whole_lines(left, limit.saturating_sub(size));
        let (now, later) = left.split_at(match fitting {
            0 if size > 0 => {
                drop(file);
                if put_aside(path) {
                    continue;
                }
                file = open(path)?;
                left.len()
            }
            // A line that is longer than a whole file.
            0 => left.find('\n').map_or(left.len(), |end| end + 1),
            fitting => fitting,
        });
        file.write_all(now.as_bytes())?;
        left = later;
    }
    Ok(())
}

/// How many bytes the lines have that fit into so many bytes.
fn whole_lines(text: &str, room: u64) -> usize {
    let room = usize::try_from(room).unwrap_or(usize::MAX);
    if text.len() <= room {
        return text.len();
    }
    text.as_bytes()[..room].iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1)
}

fn open_or_create(path: &Path) -> io::Result<File> {
    match open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
            open(path)
        }
        other => other,
    }
}

/// Opens the log file itself. Through a link, the pool's account would write to a file that another user chose, and a pipe
/// would block the log.
fn open(path: &Path) -> io::Result<File> {
    match std::fs::symlink_metadata(path) {
        Ok(there) if !there.is_file() => return Err(no_plain_file()),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(windows)]
    std::os::windows::fs::OpenOptionsExt::custom_flags(&mut options, FILE_FLAG_OPEN_REPARSE_POINT);
    let file = options.open(path)?;
    // A link may have been created in between. Nothing has been written yet.
    match file.metadata()?.is_file() && is_at(&file, path)? {
        true => Ok(file),
        false => Err(no_plain_file()),
    }
}

/// With this flag, Windows opens a link or junction itself, and not its target ("CreateFileW").
#[cfg(windows)]
const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;

#[cfg(windows)]
fn is_at(_file: &File, _path: &Path) -> io::Result<bool> {
    Ok(true)
}

/// Whether the open file is the one at this path.
#[cfg(not(windows))]
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let (file, there) = (file.metadata()?, std::fs::symlink_metadata(path)?);
    Ok((file.dev(), file.ino()) == (there.dev(), there.ino()))
}

fn no_plain_file() -> io::Error {
    io::Error::other("this is a link, a folder or a pipe, not a plain file, and is not written to")
}

/// Makes room at `path`: `.1` becomes `.2` and so on, the oldest is deleted, and the file itself becomes `.1`. If
/// another program has one of them open, the log continues in its present file, and this returns false.
fn put_aside(path: &Path) -> bool {
    for number in (1..SETTINGS.log.keep).rev() {
        let _ = std::fs::rename(numbered(path, number), numbered(path, number + 1));
    }
    let renamed = std::fs::rename(path, numbered(path, 1));
    if let Err(error) = &renamed {
        debug_output(&format!("kallithea: cannot rename {}: {error}\n", path.display()));
    }
    renamed.is_ok()
}

fn numbered(path: &Path, number: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}

fn lock() -> MutexGuard<'static, Pending> {
    PENDING.lock().unwrap_or_else(PoisonError::into_inner)
}
