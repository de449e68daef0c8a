//! One request that the application handles: its two streams, and its end.
//!
//! What enters: calls from Python objects, which may outlive the request, from any thread. What leaves: calls to IIS,
//! one at a time, none after the end; the request's [`Post`] knows which of them wait for the client. Absent: Python.
//! Every function here may wait for the client, except those that begin with `try_`. So callers must not hold
//! Python's lock.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use kallithea_bridge_isapi::abi::{Session, Trace, Verbosity};
use kallithea_bridge_isapi::body::Body;
use kallithea_bridge_isapi::client::{Completion, FileRange};
use kallithea_bridge_isapi::environ::Environ;
use kallithea_bridge_isapi::log;
use kallithea_bridge_isapi::reply::{self, Head, Reply};
use kallithea_bridge_isapi::static_files::{Answer, OpenRange};

use crate::post::{Post, Wait};

/// Bytes of a file that the bridge reads at a time.
const PIECE: usize = 64 * 1024;

/// A request until its end; afterwards it is empty.
pub(crate) struct Exchange {
    open: Mutex<Option<Open>>,
    post: Arc<Post>,
}

struct Open {
    session: Session,
    body: Body,
    reply: Reply,
    trace: Option<Trace>,
}

/// The outcome of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) code: u16,
    pub(crate) received: u64,
    pub(crate) sent: u64,
    pub(crate) whole: bool,
}

/// How far the response has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// No head has been set.
    Nothing,
    /// A head has been set, but not sent.
    Head,
    /// The head has been sent, or the request is over.
    Begun,
}

impl Exchange {
    pub(crate) fn new(session: Session, environ: &Environ, trace: Option<Trace>, post: Arc<Post>) -> Self {
        let reply = Reply::new(environ.method(), environ.protocol());
        let body = Body::new(environ.body_length());
        Self { open: Mutex::new(Some(Open { session, body, reply, trace })), post }
    }

    /// Reads `size` bytes of the request's body, or the rest of it.
    pub(crate) fn read(&self, size: Option<usize>) -> io::Result<Vec<u8>> {
        self.with(Wait::ToSend, |open| open.body.read(&open.session, size))
    }

    /// Reads a line of the request's body.
    pub(crate) fn read_line(&self, size: Option<usize>) -> io::Result<Vec<u8>> {
        self.with(Wait::ToSend, |open| open.body.read_line(&open.session, size))
    }

    /// How far the response has come; `None` where another thread is using it.
    pub(crate) fn try_progress(&self) -> Option<Progress> {
        self.try_with(|open| open.map_or(Progress::Begun, |open| progress(&open.reply)))
    }

    /// How far the response has come.
    pub(crate) fn progress(&self) -> Progress {
        self.lock().as_ref().map_or(Progress::Begun, |open| progress(&open.reply))
    }

    /// Tells IIS that this worker process is unhealthy; `None` where another thread is using the request, or it is
    /// over.
    pub(crate) fn try_report_unhealthy(&self, reason: &str) -> Option<io::Result<()>> {
        self.try_with(|open| open.map(|open| open.session.report_unhealthy(reason))).flatten()
    }

    /// Whether the client is gone, as a failed read or write has shown.
    pub(crate) fn client_is_gone(&self) -> bool {
        self.lock().as_ref().is_some_and(|open| open.reply.is_broken() || open.body.is_broken())
    }

    /// Sets the head of the response.
    pub(crate) fn set_head(&self, head: Head) {
        if let Some(open) = self.lock().as_mut() {
            open.reply.set_head(head);
        }
    }

    /// Sets the head of the response, unless another thread is using the response; then the head is returned.
    pub(crate) fn try_set_head(&self, head: Head) -> Result<(), Head> {
        let mut head = Some(head);
        self.try_with(|open| {
            if let Some((open, head)) = open.zip(head.take()) {
                open.reply.set_head(head);
            }
        });
        head.map_or(Ok(()), Err)
    }

    /// Sends pieces of the response's body. `false` when the application has sent more than it announced.
    pub(crate) fn write(&self, pieces: &[&[u8]]) -> io::Result<bool> {
        self.with(Wait::ToTake, |open| {
            open.reply.write(&open.session, pieces)?;
            Ok(!open.reply.is_overrun())
        })
    }

    /// Sends a file, as the whole body where no length was announced. `Unsupported` where the server cannot send
    /// files.
    pub(crate) fn write_file(&self, file: FileRange) -> io::Result<bool> {
        self.with(Wait::ToTake, |open| {
            if !open.reply.is_started() {
                open.reply.set_whole_body(file.size);
            }
            open.reply.write_file(&open.session, file)?;
            Ok(!open.reply.is_overrun())
        })
    }

    /// Ends the request with the complete body of its response.
    pub(crate) fn finish_with(&self, pieces: &[&[u8]]) -> Summary {
        if pieces.iter().all(|piece| piece.is_empty()) {
            return self.finish();
        }
        self.end(|open| {
            if !open.reply.is_started() {
                open.reply.set_whole_body(pieces.iter().map(|piece| piece.len() as u64).sum());
            }
            let sent = open.reply.write_last(&open.session, pieces);
            warn_of_length(&open.reply);
            settle(open, sent)
        })
    }

    /// Ends the request with a static file.
    pub(crate) fn finish_with_file(&self, answer: Answer) -> Summary {
        self.set_head(answer.head);
        let sent = answer.body.map_or(Ok(()), |body| self.write_range(body));
        match sent {
            Ok(()) => self.finish(),
            Err(_) if self.client_is_gone() => {
                log::info("the client went away");
                self.fail("the client went away")
            }
            Err(error) => {
                let reason = format!("a static file cannot be sent: {error}");
                log::error(&reason);
                self.fail(&reason)
            }
        }
    }

    /// Sends a part of a file. The bridge reads it if the server cannot.
    fn write_range(&self, body: OpenRange) -> io::Result<()> {
        match self.write_file(body.for_the_server()) {
            Err(error) if error.kind() == io::ErrorKind::Unsupported => {}
            sent => return sent.map(drop),
        }
        let OpenRange { mut file, offset, size } = body;
        file.seek(SeekFrom::Start(offset))?;
        let (mut part, mut piece) = (file.take(size), Vec::with_capacity(PIECE));
        while Read::by_ref(&mut part).take(PIECE as u64).read_to_end(&mut piece)? > 0 {
            self.write(&[&piece])?;
            piece.clear();
        }
        Ok(())
    }

    /// Ends the request after the application has produced its whole response.
    pub(crate) fn finish(&self) -> Summary {
        self.end(|open| {
            if !open.reply.is_started() && open.reply.is_short() {
                log::error("the application announced a body with Content-Length, but sent none");
                return open.page();
            }
            warn_of_length(&open.reply);
            let sent = open.reply.finish(&open.session);
            settle(open, sent)
        })
    }

    /// Ends the request after a failure: with a plain page if nothing was sent, otherwise by closing the connection.
    pub(crate) fn fail(&self, reason: &str) -> Summary {
        self.end(|open| {
            if let Some(trace) = &open.trace {
                let items = [("Reason", reason.to_owned())];
                open.session.raise(trace, Verbosity::Error, (3, "KALLITHEA_BRIDGE_ERROR"), &items);
            }
            if open.reply.is_started() {
                return open.reply.abandon(&open.session);
            }
            open.page()
        })
    }

    fn end(&self, last: impl FnOnce(&mut Open) -> Completion) -> Summary {
        let Some(mut open) = self.lock().take() else {
            return Summary { code: 0, received: 0, sent: 0, whole: false };
        };
        let completion = self.post.calling(Wait::ToTake, || last(&mut open));
        let summary = Summary {
            code: open.reply.code(),
            received: open.body.taken(),
            sent: open.reply.sent(),
            whole: completion != Completion::Failed,
        };
        if let Some(trace) = &open.trace {
            let items = [("Status", summary.code.to_string()), ("BytesSent", summary.sent.to_string())];
            open.session.raise(trace, Verbosity::Information, (2, "KALLITHEA_BRIDGE_END"), &items);
        }
        self.post.queue().announce_return();
        open.session.finish(completion);
        summary
    }

    /// Makes a call that may wait for the client.
    fn with<T>(&self, wait: Wait, work: impl FnOnce(&mut Open) -> io::Result<T>) -> io::Result<T> {
        match self.lock().as_mut() {
            Some(open) => self.post.calling(wait, || work(open)),
            None => Err(io::Error::other("the request is over")),
        }
    }

    fn try_with<T>(&self, work: impl FnOnce(Option<&mut Open>) -> T) -> Option<T> {
        match self.open.try_lock() {
            Ok(mut open) => Some(work(open.as_mut())),
            Err(TryLockError::Poisoned(open)) => Some(work(open.into_inner().as_mut())),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// Answers with one of the bridge's own pages.
    fn page(&mut self) -> Completion {
        let page = "The application failed. The log on the server gives the reason.";
        let head = reply::page_head("500 Internal Server Error", &[]);
        self.reply.write_page(&self.session, head, page).unwrap_or(Completion::Failed)
    }
}

fn progress(reply: &Reply) -> Progress {
    match (reply.is_started(), reply.has_head()) {
        (true, _) => Progress::Begun,
        (false, true) => Progress::Head,
        (false, false) => Progress::Nothing,
    }
}

fn settle(open: &mut Open, sent: io::Result<Completion>) -> Completion {
    sent.unwrap_or_else(|error| {
        log::debug(&format!("cannot end the response: {error}"));
        open.reply.abandon(&open.session)
    })
}

fn warn_of_length(reply: &Reply) {
    if reply.is_overrun() {
        log::warning("the application sent more than its Content-Length says; the rest was dropped");
    } else if reply.is_short() && !reply.is_broken() {
        log::warning("the application sent less than its Content-Length says; the connection is closed");
    }
}
