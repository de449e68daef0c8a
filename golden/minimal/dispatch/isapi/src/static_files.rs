//! The application's static files, which the bridge answers without the application.
//!
//! What enters: addresses and their files, listed once at the start, and requests. What leaves: the head of a response,
//! and the open file that is its body. A file that has changed since the start is left to the application. Absent:
//! sending; and paths made from a request, whose address is only looked up in the list.

mod range;

use std::collections::HashMap;
use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::client::FileRange;
use crate::environ::Environ;
use crate::reply::{Head, HeadError};
use range::Range;

/// Cache-Control of a file whose address names the application's version: seven days. The address does not change if an
/// administrator changes the file, so it is not a year.
const OF_A_VERSION: &str = "max-age=604800, public";

/// Headers of a 304, if the whole response has them (RFC 9110, section 15.4.5). The others describe the body that the client has.
const OF_NOT_MODIFIED: [&str; 4] = ["etag", "cache-control", "content-location", "vary"];

/// Preconditions of those who write, which browsers do not send for a style sheet: the application answers as it did before.
const LEFT: [&str; 2] = ["HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE"];

/// Static files by their address.
#[derive(Debug, Default)]
pub struct StaticFiles {
    files: HashMap<Vec<u8>, StaticFile>,
    /// The query of addresses that name the application's version.
    version: Vec<u8>,
    /// Addresses that are left to the application.
    left: &'static [&'static str],
}

/// A file as it was at the start.
#[derive(Debug)]
struct StaticFile {
    path: PathBuf,
    size: u64,
    modified: SystemTime,
    /// The headers with which the application sends the whole file.
    headers: Vec<(String, String)>,
}

/// The response to a request for a static file.
#[derive(Debug)]
pub struct Answer {
    /// Status and headers.
    pub head: Head,
    /// What follows them, if anything does.
    pub body: Option<OpenRange>,
}

/// A part of an open file.
#[derive(Debug)]
pub struct OpenRange {
    /// The file.
    pub file: File,
    /// Where the part begins, in bytes.
    pub offset: u64,
    /// Its length in bytes.
    pub size: u64,
}

impl OpenRange {
    /// The part for the server, which reads it. It is valid as long as this value.
    #[must_use]
    pub fn for_the_server(&self) -> FileRange {
        FileRange { handle: handle(&self.file), offset: self.offset, size: self.size }
    }
}

impl StaticFiles {
    /// An empty list. `version` is the query of addresses that name the application's version, such as `ver=0.7.0`. `left` are
    /// addresses whose response must show that the application answers.
    #[must_use]
    pub fn new(version: &str, left: &'static [&'static str]) -> Self {
        Self { files: HashMap::new(), version: version.into(), left }
    }

    /// Adds the file of an address: the decoded path below the application's. `modified` is the file's time of modification
    /// before the application was asked, in nanoseconds since 1970; `headers` are those with which the application sends it.
    /// Returns whether it was added: not if its address is left to the application, nor if the file is another by now.
    ///
    /// # Errors
    /// The file cannot be examined.
    pub fn add(
        &mut self,
        address: &str,
        path: &Path,
        modified: u64,
        headers: Vec<(String, String)>,
    ) -> io::Result<bool> {
        if self.left.contains(&address) {
            return Ok(false);
        }
        let metadata = fs::metadata(path)?;
        let mut file = StaticFile {
            path: path.to_owned(),
            size: metadata.len(),
            modified: metadata.modified()?,
            headers,
        };
        let is_whole = file.header("content-length") == Some(&file.size.to_string());
        let since_1970 = file.modified.duration_since(SystemTime::UNIX_EPOCH).map(|time| time.as_nanos());
        let is_same =
            metadata.is_file() && is_whole && since_1970.is_ok_and(|time| time == u128::from(modified));
        if is_same {
            // Max-age overrides Expires (RFC 9111, section 5.3), which would be a time in the past soon.
            file.headers.retain(|(name, _)| !is_one_of(name, &["expires"]));
            self.files.insert(address.into(), file);
        }
        Ok(is_same)
    }

    /// The number of files.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The response to a request, after [`Environ::arrive`]. `None` if the application must answer: the address has no
    /// file here, the file has changed, or the request is not a plain GET or HEAD with conditions that are judged here.
    #[must_use]
    pub fn answer(&self, environ: &Environ) -> Option<Answer> {
        let known = self.files.get(environ.get("PATH_INFO")?)?;
        let is_plain = matches!(environ.method(), b"GET" | b"HEAD") && environ.body_length() == Some(0);
        if !is_plain || LEFT.iter().any(|name| environ.get(name).is_some()) {
            return None;
        }
        let file = open(&known.path).ok()?;
        if !known.is_same(&file.metadata().ok()?) {
            return None;
        }
        if known.has_another_date(environ) {
            return None;
        }
        let is_of_the_version = environ.get("QUERY_STRING") == Some(&self.version);
        known.answer(file, environ, is_of_the_version).ok()
    }
}

impl StaticFile {
    fn is_same(&self, metadata: &Metadata) -> bool {
        metadata.is_file()
            && metadata.len() == self.size
            && metadata.modified().is_ok_and(|modified| modified == self.modified)
    }

    fn header(&self, name: &str) -> Option<&String> {
        self.headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    fn answer(&self, file: File, environ: &Environ, is_of_the_version: bool) -> Result<Answer, HeadError> {
        let size = self.size;
        let cached = |(name, value): &(String, String)| {
            let is_cache = is_of_the_version && is_one_of(name, &["cache-control"]);
            (name.clone(), if is_cache { OF_A_VERSION.to_owned() } else { value.clone() })
        };
        let mut headers: Vec<_> = self.headers.iter().map(cached).collect();
        if self.is_known_to_the_client(environ) {
            headers.retain(|(name, _)| is_one_of(name, &OF_NOT_MODIFIED));
            return Ok(Answer { head: head("304 Not Modified", &headers)?, body: None });
        }
        headers.push(("Accept-Ranges".into(), "bytes".into()));
        let (status, offset, size) = match self.range(environ) {
            Range::Whole => ("200 OK", 0, size),
            Range::Part { offset, size: part } => {
                let last = offset + part - 1;
                headers.push(("Content-Range".into(), format!("bytes {offset}-{last}/{size}")));
                headers.retain(|(name, _)| !is_one_of(name, &["content-length"]));
                headers.push(("Content-Length".into(), part.to_string()));
                ("206 Partial Content", offset, part)
            }
            Range::Outside => {
                let headers = [("Content-Range", format!("bytes */{size}")), ("Content-Length", "0".into())];
                let headers = headers.map(|(name, value)| (name.to_owned(), value));
                return Ok(Answer { head: head("416 Range Not Satisfiable", &headers)?, body: None });
            }
        };
        let body = (environ.method() == b"GET").then_some(OpenRange { file, offset, size });
        Ok(Answer { head: head(status, &headers)?, body })
    }

    /// Whether the client has the file of a date that is not this file's. Dates are read by the application.
    fn has_another_date(&self, environ: &Environ) -> bool {
        let date =
            environ.get("HTTP_IF_MODIFIED_SINCE").filter(|_| environ.get("HTTP_IF_NONE_MATCH").is_none());
        date.is_some_and(|date| !self.is_header("last-modified", date))
    }

    /// Whether the client has the file as it is, by its tag or by its own date.
    fn is_known_to_the_client(&self, environ: &Environ) -> bool {
        let etag = self.header("etag").map_or("", String::as_str);
        match (environ.get("HTTP_IF_NONE_MATCH"), environ.get("HTTP_IF_MODIFIED_SINCE")) {
            (Some(named), _) => named.split(|&byte| byte == b',').map(<[u8]>::trim_ascii).any(|tag| {
                let tag = tag.strip_prefix(b"W/").unwrap_or(tag);
                tag == b"*" || (tag == etag.as_bytes() && !etag.is_empty())
            }),
            // Another date was left to the application.
            (None, date) => date.is_some(),
        }
    }

    /// The part that the client asks for, if what it has of the file is still right.
    fn range(&self, environ: &Environ) -> Range {
        let asked = environ.get("HTTP_RANGE").filter(|_| environ.method() == b"GET");
        let is_current = environ
            .get("HTTP_IF_RANGE")
            .is_none_or(|found| self.is_header("etag", found) || self.is_header("last-modified", found));
        asked.filter(|_| is_current).map_or(Range::Whole, |asked| Range::parse(asked, self.size))
    }

    fn is_header(&self, name: &str, value: &[u8]) -> bool {
        self.header(name).is_some_and(|found| found.as_bytes() == value)
    }
}

fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn head(status: &str, headers: &[(String, String)]) -> Result<Head, HeadError> {
    let mut head = Head::new(status.as_bytes())?;
    headers.iter().try_for_each(|(name, value)| head.push(name.as_bytes(), value.as_bytes()))?;
    Ok(head)
}

/// Opens a file that is read from its beginning to its end. Others may replace or delete it meanwhile.
///
/// Microsoft's page "HSE_TF_INFO Structure" wants FILE_FLAG_SEQUENTIAL_SCAN and FILE_FLAG_OVERLAPPED for another call; the page
/// "HSE_VECTOR_ELEMENT Structure" names no flag. This handle has the first flag, and is synchronous. If a server refuses it, the
/// bridge reads the file itself, and the log says so.
#[cfg(windows)]
fn open(path: &Path) -> io::Result<File> {
    use std::os::windows::fs::OpenOptionsExt;
    const SEQUENTIAL_SCAN: u32 = 0x0800_0000;
    fs::OpenOptions::new().read(true).custom_flags(SEQUENTIAL_SCAN).open(path)
}

#[cfg(not(windows))]
fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

#[cfg(windows)]
fn handle(file: &File) -> usize {
    std::os::windows::io::AsRawHandle::as_raw_handle(file).addr()
}

#[cfg(not(windows))]
fn handle(file: &File) -> usize {
    usize::try_from(std::os::fd::AsRawFd::as_raw_fd(file)).unwrap_or(usize::MAX)
}
