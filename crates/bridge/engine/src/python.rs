//! The edge to Python: everything that knows PyO3.
//!
//! What enters: settings, then admitted requests. What leaves: a loaded application, then finished requests.
//! `start` brings the interpreter up, after `descriptors` has spared it the worker process's broken streams;
//! `application` calls the application, with an `environ`, and sends its `body`; `input` and `response` are the objects
//! that it gets to see; `interrupt` looks at the threads of others, and stops them. Python's lock is
//! held by a thread only while it runs Python: it is released around every wait, every call into IIS and every line of
//! the log.

mod application;
mod body;
#[cfg(windows)]
mod descriptors;
mod environ;
mod input;
mod interrupt;
mod response;
mod start;

pub(crate) use application::{Application, work};
use interrupt::{forget_interrupt, thread_id};
pub(crate) use interrupt::{interrupt, stacks};
pub(crate) use start::{end, start};
