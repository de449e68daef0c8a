//! The request's body as a stream.
//!
//! What enters: the bytes that IIS has read ahead, then what it reads on demand. What leaves: the bytes or the line
//! that the caller asks for. Absent: reading ahead by more than one block.

use std::io;

use crate::client::Client;

/// Bytes that are read from the server at once.
const BLOCK: usize = 64 * 1024;

/// The body of one request, and how far it has been read.
#[derive(Debug)]
pub struct Body {
    /// The announced length.
    length: Option<u64>,
    /// Bytes taken from the server so far.
    taken: u64,
    /// Bytes taken from the server; those from `position` on have not been read yet.
    buffer: Vec<u8>,
    position: usize,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Untouched,
    Open,
    Ended,
    Broken,
}

impl Body {
    /// A body that has not been read yet. `length` is `None` when it is known only at the body's end.
    #[must_use]
    pub fn new(length: Option<u64>) -> Self {
        Self { length, taken: 0, buffer: Vec::new(), position: 0, state: State::Untouched }
    }

    /// Reads `size` bytes, or everything; fewer only at the body's end.
    pub fn read(&mut self, client: &impl Client, size: Option<usize>) -> io::Result<Vec<u8>> {
        let size = size.unwrap_or(usize::MAX);
        let mut result = Vec::new();
        while result.len() < size && self.fill(client)? {
            let waiting = &self.buffer[self.position..];
            let part = waiting.len().min(size - result.len());
            result.extend_from_slice(&waiting[..part]);
            self.position += part;
        }
        Ok(result)
    }

    /// Reads a line including its end, but at most `size` bytes.
    pub fn read_line(&mut self, client: &impl Client, size: Option<usize>) -> io::Result<Vec<u8>> {
        let size = size.unwrap_or(usize::MAX);
        let mut line = Vec::new();
        while line.len() < size && self.fill(client)? {
            let waiting = &self.buffer[self.position..];
            let waiting = &waiting[..waiting.len().min(size - line.len())];
            let end = waiting.iter().position(|&byte| byte == b'\n');
            let part = end.map_or(waiting.len(), |end| end + 1);
            line.extend_from_slice(&waiting[..part]);
            self.position += part;
            if end.is_some() {
                break;
            }
        }
        Ok(line)
    }

    /// Bytes that the server has delivered.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// Whether the client stopped sending before the body's end.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.state == State::Broken
    }

    /// Makes sure that the buffer holds a byte; `false` at the body's end.
    fn fill(&mut self, client: &impl Client) -> io::Result<bool> {
        while self.position == self.buffer.len() {
            match self.state {
                State::Ended => return Ok(false),
                State::Broken => return Err(io::ErrorKind::BrokenPipe.into()),
                State::Untouched => self.take_available(client),
                State::Open => self.take_block(client)?,
            }
        }
        Ok(true)
    }

    fn take_available(&mut self, client: &impl Client) {
        let available = client.available();
        let limit = self.wanted(available.len());
        self.buffer = available[..limit].to_vec();
        self.took(limit);
    }

    fn take_block(&mut self, client: &impl Client) -> io::Result<()> {
        let block = self.wanted(BLOCK);
        self.position = 0;
        self.buffer.resize(block, 0);
        let outcome = client.read(&mut self.buffer);
        let size = *outcome.as_ref().unwrap_or(&0);
        self.buffer.truncate(size);
        if size > 0 {
            self.took(size);
            return Ok(());
        }
        if outcome.is_ok() && self.length.is_none() {
            self.state = State::Ended;
            return Ok(());
        }
        self.state = State::Broken;
        Err(self.broken(outcome.err()))
    }

    /// How many of `size` bytes still belong to the body.
    fn wanted(&self, size: usize) -> usize {
        let left = self.length.map_or(u64::MAX, |length| length.saturating_sub(self.taken));
        size.min(usize::try_from(left).unwrap_or(usize::MAX))
    }

    fn took(&mut self, size: usize) {
        self.taken += size as u64;
        self.state = if self.length == Some(self.taken) { State::Ended } else { State::Open };
    }

    fn broken(&self, why: Option<io::Error>) -> io::Error {
        let of = self.length.map_or(String::new(), |length| format!(" of {length}"));
        let why = why.map_or(String::new(), |error| format!(" ({error})"));
        let text = format!("the client stopped sending after {}{of} bytes{why}", self.taken);
        io::Error::new(io::ErrorKind::BrokenPipe, text)
    }
}
