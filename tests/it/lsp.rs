//! `lsp`: the real program as a language server, and a client that speaks the protocol with it.

mod client;
mod endings;
mod findings;
mod fixing;
mod looking_up;
