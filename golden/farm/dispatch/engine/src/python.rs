//! The interface to Python: all code that uses PyO3.
//!
//! What enters: settings, then admitted requests. What leaves: a loaded application, then finished requests. `start`
//! starts the interpreter, after `descriptors` has repaired the worker process's broken streams; `application` calls
//! the application, with an `environ`, and sends its `body`; `input` and `response` are the objects that the
//! application uses; `interrupt` inspects other threads and stops them. A thread holds Python's lock only while it runs
//! Python. It releases the lock around every wait, every call into IIS and every line of the log.

mod application;
mod body;
#[cfg(windows)]
mod descriptors;
mod environ;
mod error;
mod input;
mod interrupt;
mod response;
mod start;

pub(crate) use application::{Application, work};
use interrupt::{forget_interrupt, thread_id};
pub(crate) use interrupt::{interrupt, stacks};
pub(crate) use start::{end, start};
