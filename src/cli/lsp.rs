//! `lsp`: a language server for editors, over standard input and output.

use std::path::Path;

use clap::Args;
use lsp_server::Connection;

use super::{Outcome, Trouble, spec};
use crate::lsp::{Ended, serve};

#[derive(Args)]
pub(super) struct LspArguments {
    /// Use standard input and output, which is the only way; some editors add this
    #[arg(long)]
    stdio: bool,
}

pub(super) fn run() -> Result<Outcome, Trouble> {
    let (connection, threads) = Connection::stdio();
    let ended = serve(&connection, &|path: &Path| spec::opened_base(path));
    // The threads end with their channels.
    drop(connection);
    match ended {
        Ended::Properly => threads.join().map(|()| Outcome::Fine).map_err(Into::into),
        // Whoever has gone cannot be told.
        Ended::AtOnce | Ended::Unheard => Ok(Outcome::Found),
        Ended::Unread => match threads.join() {
            Ok(()) => Ok(Outcome::Found),
            // The message may have a secret in it.
            Err(_) => {
                Err("standard input is not a language server's; let an editor start this command".into())
            }
        },
    }
}
