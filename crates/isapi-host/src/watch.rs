//! Checks a response on its way to the client, as HTTP.sys and a client would read it.
//!
//! In: status, headers and bytes as the bridge sends them. Out: violations in the [`Outcome`], and at the end whether
//! the response is complete. Absent: copies of anything.

use super::block;
use super::chunked::Decoder;
use super::outcome::Outcome;
use super::prepared::Prepared;
use super::response::{self, Framing};

/// The state of a response.
#[derive(Debug, Default)]
pub(super) struct Watch {
    head: Option<Framing>,
    keep: bool,
    length: u64,
    decoder: Decoder,
    /// A fault of the chunked coding has been noted.
    is_miscoded: bool,
    final_sent: bool,
}

/// What the headers say about the body.
#[derive(Default)]
struct Claims {
    length: Option<u64>,
    chunked: bool,
}

impl Watch {
    /// Checks status and headers. Returns `false` if headers were sent before, so that these must not be sent.
    pub(super) fn head(
        &mut self,
        request: &Prepared,
        (status, headers): (&[u8], &[u8]),
        keep: bool,
        outcome: &mut Outcome,
    ) -> bool {
        if self.head.is_some() {
            outcome.violation("headers sent twice");
            return false;
        }
        let code = response::code(response::status_line(status));
        if code.is_none() {
            outcome.violation(format!("a status without a code: {:?}", String::from_utf8_lossy(status)));
        }
        let claims = claims(headers, outcome);
        if claims.chunked && !request.is_http11() {
            outcome.violation(format!("chunked coding over {}", request.protocol()));
        }
        if claims.chunked && claims.length.is_some() {
            outcome.violation("Transfer-Encoding and Content-Length in one response");
        }
        self.length = claims.length.unwrap_or(0);
        self.keep = keep;
        self.head = Some(match code {
            Some(100..=199 | 204 | 304) => Framing::None,
            _ if request.is_head() => Framing::None,
            _ if claims.chunked => Framing::Chunked,
            _ if claims.length.is_some() => Framing::Length,
            _ => Framing::Close,
        });
        true
    }

    /// Checks bytes of the body before they are sent.
    pub(super) fn body(&mut self, bytes: &[u8], outcome: &mut Outcome) {
        if bytes.is_empty() {
            return;
        }
        if self.final_sent {
            outcome.violation("bytes after a send that was said to be the final one");
        }
        match self.head {
            None => outcome.violation("a body before the headers"),
            Some(Framing::None) => outcome.violation("bytes of a body where none is allowed"),
            Some(Framing::Length) if outcome.bytes_sent + bytes.len() as u64 > self.length => {
                outcome.violation("more bytes than Content-Length says");
            }
            Some(Framing::Chunked) => {
                if let Err(fault) = self.decoder.decode(bytes, |_| ())
                    && !std::mem::replace(&mut self.is_miscoded, true)
                {
                    outcome.violation(format!("wrong chunked coding: {fault}"));
                }
            }
            Some(Framing::Length | Framing::Close) => {}
        }
    }

    /// Handles HSE_IO_FINAL_SEND.
    pub(super) fn final_send(&mut self) {
        self.final_sent = true;
    }

    /// Handles HSE_IO_DISCONNECT_AFTER_SEND.
    pub(super) fn disconnect(&mut self) {
        self.keep = false;
    }

    /// Does the checks that need the whole response.
    pub(super) fn end(&self, outcome: &mut Outcome) {
        let failed = outcome.log_status == Some(block::STATUS_ERROR) || outcome.log_status.is_none();
        let framing = self.head.unwrap_or(Framing::None);
        outcome.framing = framing;
        outcome.complete = match framing {
            Framing::Chunked => self.decoder.is_complete(),
            Framing::Length => outcome.bytes_sent == self.length,
            Framing::Close => !failed,
            Framing::None => true,
        };
        let kept = self.keep && outcome.log_status == Some(block::STATUS_SUCCESS_AND_KEEP_CONNECTION);
        outcome.keep_alive = kept && framing != Framing::Close;
        if outcome.keep_alive && !outcome.complete && !outcome.client_gone {
            outcome.violation("the connection is kept after a body that did not end");
        }
        if self.head.is_none() && !failed && !outcome.client_gone {
            outcome.violation("completed with success, but no headers were sent");
        }
    }
}

/// Parses the header block, and notes what is wrong with its form.
fn claims(headers: &[u8], outcome: &mut Outcome) -> Claims {
    let mut claims = Claims::default();
    let whole = headers.is_empty() || headers == b"\r\n" || headers.ends_with(b"\r\n\r\n");
    if !whole {
        outcome.violation("the header block does not end in an empty line");
    }
    for line in response::lines(headers) {
        let Some((name, value)) = response::split(line) else {
            outcome.violation(format!("not a header: {:?}", String::from_utf8_lossy(line)));
            continue;
        };
        if name.eq_ignore_ascii_case(b"content-length") {
            let length = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
            if length.is_none() || claims.length.is_some_and(|other| Some(other) != length) {
                outcome.violation("a Content-Length that is not one number");
            }
            claims.length = length;
        }
        claims.chunked |= name.eq_ignore_ascii_case(b"transfer-encoding");
    }
    claims
}
