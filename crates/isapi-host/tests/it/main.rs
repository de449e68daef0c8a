//! The host's strictness, shown with an extension that misbehaves on demand.

mod completion;
mod sending;
mod support;
mod telling;
