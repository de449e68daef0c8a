//! One request in the hands of the application: its two streams, and its end.
//!
//! What enters: calls from Python objects, which may outlive the request, from any thread. What leaves: calls on IIS,
//! one at a time, none after the end. Absent: Python. Every call here may wait for the client, so none is made
//! with Python's lock held.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use kallithea_bridge_isapi::abi::Session;
use kallithea_bridge_isapi::body::Body;
use kallithea_bridge_isapi::client::Completion;
use kallithea_bridge_isapi::environ::Line;
use kallithea_bridge_isapi::log;
use kallithea_bridge_isapi::reply::{self, Head, Reply};

/// A request until its end, and the nothing that remains of it afterwards.
pub(crate) struct Exchange {
    open: Mutex<Option<Open>>,
}

struct Open {
    session: Session,
    line: Line,
    body: Body,
    reply: Reply,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) code: u16,
    pub(crate) sent: u64,
    pub(crate) whole: bool,
}

impl Exchange {
    pub(crate) fn new(session: Session, line: Line, body_length: Option<u64>) -> Self {
        let reply = Reply::new(&line.method, line.protocol);
        Self { open: Mutex::new(Some(Open { session, line, body: Body::new(body_length), reply })) }
    }

    /// Reads `size` bytes of the request's body, or the rest of it.
    pub(crate) fn read(&self, size: Option<usize>) -> io::Result<Vec<u8>> {
        self.with(|open| open.body.read(&open.session, size))
    }

    /// Reads a line of the request's body.
    pub(crate) fn read_line(&self, size: Option<usize>) -> io::Result<Vec<u8>> {
        self.with(|open| open.body.read_line(&open.session, size))
    }

    /// Whether a head was set, and whether it has been sent.
    pub(crate) fn progress(&self) -> (bool, bool) {
        let open = self.lock();
        open.as_ref().map_or((true, true), |open| (open.reply.has_head(), open.reply.is_started()))
    }

    /// Whether the client went away, in whichever direction that showed.
    pub(crate) fn client_is_gone(&self) -> bool {
        self.lock().as_ref().is_some_and(|open| open.reply.is_broken() || open.body.is_broken())
    }

    /// Sets the head of the response.
    pub(crate) fn set_head(&self, head: Head) -> io::Result<()> {
        self.with(|open| {
            open.reply.set_head(head);
            Ok(())
        })
    }

    /// Says that the body consists of so many bytes.
    pub(crate) fn set_whole_body(&self, length: u64) {
        if let Some(open) = self.lock().as_mut() {
            open.reply.set_whole_body(length);
        }
    }

    /// Sends a piece of the response's body. `false` when the application has sent more than it announced.
    pub(crate) fn write(&self, piece: &[u8]) -> io::Result<bool> {
        self.with(|open| {
            open.reply.write(&open.session, piece)?;
            Ok(!open.reply.is_overrun())
        })
    }

    /// Ends the request after the application has produced its whole response.
    pub(crate) fn finish(&self) -> Summary {
        self.end(|open| {
            open.reply.finish(&open.session).unwrap_or_else(|error| {
                log::debug(&format!("the response could not be ended: {error}"));
                open.reply.abandon(&open.session)
            })
        })
    }

    /// Ends the request after a failure: by a plain page if nothing was sent, by closing the connection otherwise.
    pub(crate) fn fail(&self) -> Summary {
        self.end(|open| {
            if open.reply.is_started() {
                return open.reply.abandon(&open.session);
            }
            let head = Head::new(b"500 Internal Server Error".to_vec(), Vec::new());
            open.reply = Reply::new(&open.line.method, open.line.protocol);
            head.into_iter().for_each(|head| open.reply.set_head(head));
            let page = "The application failed. The reason stands in the log on the server.";
            let sent = reply::send_page(&open.session, &open.line, "500 Internal Server Error", &[], page);
            sent.unwrap_or(Completion::Failed)
        })
    }

    fn end(&self, last: impl FnOnce(&mut Open) -> Completion) -> Summary {
        let Some(mut open) = self.lock().take() else { return Summary { code: 0, sent: 0, whole: false } };
        let completion = last(&mut open);
        let summary = Summary {
            code: open.reply.code(),
            sent: open.reply.sent(),
            whole: completion != Completion::Failed,
        };
        open.session.finish(completion);
        summary
    }

    fn with<T>(&self, work: impl FnOnce(&mut Open) -> io::Result<T>) -> io::Result<T> {
        match self.lock().as_mut() {
            Some(open) => work(open),
            None => Err(io::Error::other("the request is over")),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
