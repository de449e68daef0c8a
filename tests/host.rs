//! The host's strictness, shown with an extension that misbehaves on demand.

#[path = "host/completion.rs"]
mod completion;
#[path = "host/program.rs"]
mod program;
#[path = "host/sending.rs"]
mod sending;
#[path = "host/support.rs"]
mod support;
#[path = "host/telling.rs"]
mod telling;
