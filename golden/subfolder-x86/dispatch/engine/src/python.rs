//! The edge to Python: everything that knows PyO3.
//!
//! What enters: settings, then admitted requests. What leaves: a loaded application, then finished requests.
//! `start` brings the interpreter up, after `descriptors` has spared it the worker process's broken streams;
//! `application` calls the application; `input` and `response` are the objects that it gets to see. Python's lock is
//! held by a thread only while it runs Python: it is released around every wait, every call into IIS and every line of
//! the log.

mod application;
#[cfg(windows)]
mod descriptors;
mod input;
mod response;
mod start;

pub(crate) use application::{Application, work};
pub(crate) use start::start;
