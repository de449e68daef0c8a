//! A client in memory, as a [`Request`] describes it: what it sends, how much it accepts, and when it disconnects.
//!
//! In: a request. Out: the body that the bridge reads, and in the end a [`Response`]. Absent: sockets.

use std::borrow::Cow;
use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::chunked::Decoder;
use super::error::BodyError;
use super::lock;
use super::outcome::Outcome;
use super::peer::{HangUp, Peer};
use super::protocol::Request;
use super::response::{Discarded, Framing, Head, Response};

/// The period of a generated body: byte number n is n modulo 251, so that no power of two is a multiple of the
/// period.
const PERIOD: usize = 251;
/// This much of a generated body is copied at one time.
const PATTERN: [u8; PERIOD * 64] = pattern();

/// One client, for one exchange.
pub struct Client<'a> {
    body: Body<'a>,
    /// Bytes of the body that have been sent.
    sent: u64,
    send_limit: u64,
    head: Head,
    keeper: Keeper,
    /// Raw bytes of the response that have been received.
    taken: u64,
    take_limit: u64,
    delay: Duration,
    send_pace: Option<Pace>,
    take_pace: Option<Pace>,
    /// The number of bytes, in each direction, that go before the pace applies.
    pace_after: u64,
    stalls_sending_after: u64,
    stalls_taking_after: u64,
    connection: Arc<Connection>,
}

/// A number of bytes, and the time after which the next ones follow.
#[derive(Clone, Copy)]
struct Pace {
    bytes: usize,
    pause: Duration,
}

impl Pace {
    fn new((bytes, milliseconds): (usize, u64)) -> Self {
        Self { bytes: bytes.max(1), pause: Duration::from_millis(milliseconds) }
    }
}

/// A connection that another thread may close while the client's own thread waits.
struct Connection {
    is_closed: Mutex<bool>,
    closed: Condvar,
    /// When the client disconnects.
    end: Option<Instant>,
}

impl Connection {
    fn close(&self) {
        *lock(&self.is_closed) = true;
        self.closed.notify_all();
    }

    /// Waits for that time, or for ever. Fails as soon as the connection is closed or the client has disconnected.
    fn wait(&self, time: Option<Duration>) -> io::Result<()> {
        let stays = self.end.map(|end| end.saturating_duration_since(Instant::now()));
        let leaves = stays.filter(|stays| time.is_none_or(|time| *stays <= time));
        let time = leaves.or(time).unwrap_or(Duration::from_secs(86_400));
        let is_open = |is_closed: &mut bool| !*is_closed;
        let waited = self.closed.wait_timeout_while(lock(&self.is_closed), time, is_open);
        let is_closed = *waited.unwrap_or_else(PoisonError::into_inner).0;
        if is_closed || leaves.is_some() { Err(io::ErrorKind::ConnectionAborted.into()) } else { Ok(()) }
    }
}

enum Body<'a> {
    Bytes(Cow<'a, [u8]>),
    Generated(u64),
}

/// What is kept of a response's body.
enum Keeper {
    Raw(Vec<u8>),
    /// A running checksum over the body, which is decoded first if it is chunked.
    Sum {
        sum: Box<Sha256>,
        bytes: u64,
        decoder: Option<Decoder>,
    },
}

impl<'a> Client<'a> {
    /// The client that a request describes. The error says what is wrong with its body.
    pub fn new(request: &'a Request) -> Result<Self, BodyError> {
        let body = match request.body_size {
            Some(size) => Body::Generated(size),
            None => Body::Bytes(request.body_bytes()?),
        };
        let keeper = if request.discard_response {
            Keeper::Sum { sum: Box::default(), bytes: 0, decoder: None }
        } else {
            Keeper::Raw(Vec::new())
        };
        Ok(Self {
            body,
            sent: 0,
            send_limit: request.abort_upload_after.unwrap_or(u64::MAX),
            head: Head::default(),
            keeper,
            taken: 0,
            take_limit: request.abort_download_after.unwrap_or(u64::MAX),
            delay: Duration::from_millis(request.write_delay_milliseconds),
            send_pace: request.send_pace.map(Pace::new),
            take_pace: request.take_pace.map(Pace::new),
            pace_after: request.pace_after,
            stalls_sending_after: request.stall_upload_after.unwrap_or(u64::MAX),
            stalls_taking_after: request.stall_download_after.unwrap_or(u64::MAX),
            connection: Arc::new(Connection {
                is_closed: Mutex::default(),
                closed: Condvar::new(),
                end: request
                    .leaves_after_milliseconds
                    .map(|milliseconds| Instant::now() + Duration::from_millis(milliseconds)),
            }),
        })
    }

    /// Waits for as long as this client takes for that many bytes.
    fn take_slowly(&self, bytes: usize) -> io::Result<()> {
        let stalls = self.taken + bytes as u64 > self.stalls_taking_after;
        if let Some(pace) = self.take_pace.filter(|_| self.taken >= self.pace_after) {
            let pauses = u32::try_from(bytes.div_ceil(pace.bytes)).unwrap_or(u32::MAX);
            self.connection.wait(Some(pace.pause.saturating_mul(pauses)))?;
        }
        if stalls { self.connection.wait(None) } else { Ok(()) }
    }

    /// Makes the client disconnect after that many bytes of the response's body.
    #[must_use]
    pub fn vanishing_after(mut self, bytes: u64) -> Self {
        self.take_limit = bytes;
        self
    }

    /// The response.
    #[must_use]
    pub fn response(self, outcome: Outcome) -> Response {
        let (body, discarded) = match self.keeper {
            Keeper::Raw(raw) if outcome.framing == Framing::Chunked => (unchunked(&raw), None),
            Keeper::Raw(raw) => (raw, None),
            Keeper::Sum { sum, bytes, .. } => {
                let sha256 = sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
                (Vec::new(), Some(Discarded { bytes, sha256 }))
            }
        };
        Response::new(self.head, body, discarded, outcome)
    }
}

impl Peer for Client<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let whole = match &self.body {
            Body::Bytes(bytes) => bytes.len() as u64,
            Body::Generated(size) => *size,
        };
        let left = whole.min(self.send_limit).saturating_sub(self.sent);
        if left == 0 && self.send_limit < whole {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        let before_stall = self.stalls_sending_after.saturating_sub(self.sent);
        if left > 0 && before_stall == 0 {
            self.connection.wait(None)?;
        }
        let mut room = buffer.len().min(usize::try_from(left.min(before_stall)).unwrap_or(usize::MAX));
        if let Some(pace) = self.send_pace.filter(|_| room > 0 && self.sent >= self.pace_after) {
            self.connection.wait(Some(pace.pause))?;
            room = room.min(pace.bytes);
        }
        let size = match &self.body {
            Body::Bytes(bytes) => {
                let begin = self.sent as usize;
                buffer[..room].copy_from_slice(&bytes[begin..begin + room]);
                room
            }
            Body::Generated(_) => generate(self.sent, &mut buffer[..room]),
        };
        self.sent += size as u64;
        Ok(size)
    }

    fn head(&mut self, status: &[u8], headers: &[u8], _keep: bool) -> io::Result<()> {
        self.head = Head::read(status, headers);
        if let Keeper::Sum { decoder, .. } = &mut self.keeper {
            *decoder = self.head.header("Transfer-Encoding").map(|_| Decoder::default());
        }
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.taken + bytes.len() as u64 > self.take_limit {
            self.take_limit = 0;
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.take_slowly(bytes.len())?;
        self.taken += bytes.len() as u64;
        match &mut self.keeper {
            Keeper::Raw(raw) => raw.extend_from_slice(bytes),
            Keeper::Sum { sum, bytes: count, decoder } => {
                let mut add = |part: &[u8]| {
                    sum.update(part);
                    *count += part.len() as u64;
                };
                match decoder {
                    // The host itself reports invalid coding; here it only ends the checksum.
                    Some(decoder) => {
                        let _ = decoder.decode(bytes, add);
                    }
                    None => add(bytes),
                }
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.delay.is_zero() {
            thread::sleep(self.delay);
        }
        Ok(())
    }

    fn hang_up(&mut self) -> Option<HangUp> {
        let connection = Arc::clone(&self.connection);
        Some(Arc::new(move || connection.close()))
    }

    fn is_connected(&mut self) -> bool {
        self.take_limit > 0 && (self.send_limit == u64::MAX || self.sent < self.send_limit)
    }
}

/// Fills a buffer with the part of a generated body that begins at `offset`; returns its length.
fn generate(offset: u64, buffer: &mut [u8]) -> usize {
    let begin = (offset % PERIOD as u64) as usize;
    let mut filled = 0;
    while filled < buffer.len() {
        let from = (begin + filled) % PERIOD;
        let part = (PATTERN.len() - from).min(buffer.len() - filled);
        buffer[filled..filled + part].copy_from_slice(&PATTERN[from..from + part]);
        filled += part;
    }
    filled
}

fn unchunked(raw: &[u8]) -> Vec<u8> {
    let mut body = Vec::with_capacity(raw.len());
    // The host itself reports invalid coding; here it only ends the body.
    let _ = Decoder::default().decode(raw, |part| body.extend_from_slice(part));
    body
}

const fn pattern() -> [u8; PERIOD * 64] {
    let mut bytes = [0; PERIOD * 64];
    let mut index = 0;
    while index < bytes.len() {
        bytes[index] = (index % PERIOD) as u8;
        index += 1;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_body_is_the_same_however_it_is_read() {
        let request = Request { body_size: Some(100_000), ..Request::default() };
        let mut client = Client::new(&request).expect("a body");
        let (mut body, mut buffer) = (Vec::new(), [0; 997]);
        while let size @ 1.. = client.read(&mut buffer).expect("a client that stays") {
            body.extend_from_slice(&buffer[..size]);
        }
        assert_eq!(body.len(), 100_000);
        assert!(body.iter().enumerate().all(|(index, &byte)| usize::from(byte) == index % 251));
    }

    #[test]
    fn a_client_that_stops_sending_is_gone() {
        let body = Some("abcdef".to_owned());
        let request = Request { body, abort_upload_after: Some(4), ..Request::default() };
        let mut client = Client::new(&request).expect("a body");
        let mut buffer = [0; 100];
        assert_eq!(client.read(&mut buffer).ok(), Some(4));
        assert!(client.read(&mut buffer).is_err());
        assert!(!client.is_connected());
    }
}
