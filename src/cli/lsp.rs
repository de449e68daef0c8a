//! `lsp`: a language server for editors, over standard input and output.
//!
//! The frames are read here: lsp-server reserves the memory for whatever length a header names.

use std::io::{self, BufRead, Read, stdin, stdout};
use std::path::Path;
use std::thread;

use clap::Args;
use lsp_server::{Connection, Message};

use super::{Outcome, Trouble, spec};
use crate::lsp::{Ended, serve};

/// The longest message that is read, in bytes. Editors send a whole file in one; a spec has at most a mebibyte.
const MOST: u64 = 64 * 1024 * 1024;
/// The longest header, in bytes.
const MOST_OF_HEADER: u64 = 8192;

#[derive(Args)]
pub(super) struct LspArguments {
    /// Use standard input and output, which is the only way; some editors add this
    #[arg(long)]
    stdio: bool,
}

pub(super) fn run() -> Result<Outcome, Trouble> {
    let (connection, Connection { sender, receiver }) = Connection::memory();
    let reader = thread::spawn(move || {
        let mut input = stdin().lock();
        while let Some(message) = next(&mut input)? {
            let is_exit = matches!(&message, Message::Notification(told) if told.method == "exit");
            if sender.send(message).is_err() || is_exit {
                break;
            }
        }
        io::Result::Ok(())
    });
    let writer = thread::spawn(move || {
        let mut output = stdout().lock();
        receiver.into_iter().try_for_each(|message| message.write(&mut output))
    });
    let ended = serve(&connection, &|path: &Path| spec::opened_base(path));
    // The writer ends with its channel.
    drop(connection);
    let join = |thread: thread::JoinHandle<io::Result<()>>| thread.join().expect("no thread panics");
    match ended {
        Ended::Properly => join(writer).map(|()| Outcome::Fine).map_err(Into::into),
        // Whoever has gone cannot be told.
        Ended::AtOnce | Ended::Unheard => Ok(Outcome::Found),
        Ended::Unread => match join(reader) {
            Ok(()) => Ok(Outcome::Found),
            // The message may have a secret in it.
            Err(_) => {
                Err("standard input is not a language server's; let an editor start this command".into())
            }
        },
    }
}

/// The next message that is not too long; `None` at the end of the input. A longer one is passed over, as memory for it could be missing.
fn next(input: &mut impl BufRead) -> io::Result<Option<Message>> {
    loop {
        let Some((mut frame, length)) = header(input)? else { return Ok(None) };
        if length > MOST {
            io::copy(&mut input.take(length), &mut io::sink())?;
            continue;
        }
        input.take(length).read_to_end(&mut frame)?;
        return Message::read(&mut &*frame);
    }
}

/// A header as it is, and the length of what follows; `None` at the end of the input. What is not a header ends it, and lsp-server refuses
/// it.
fn header(input: &mut impl BufRead) -> io::Result<Option<(Vec<u8>, u64)>> {
    let (mut header, mut length) = (Vec::new(), 0);
    let mut input = input.take(MOST_OF_HEADER);
    loop {
        let begin = header.len();
        input.read_until(b'\n', &mut header)?;
        let line = String::from_utf8_lossy(&header[begin..]);
        let field = line.strip_suffix("\r\n").and_then(|line| line.split_once(": "));
        let Some((name, value)) = field else { break };
        if name.eq_ignore_ascii_case("Content-Length") {
            length = value.parse().unwrap_or_default();
        }
    }
    Ok((!header.is_empty()).then_some((header, length)))
}
