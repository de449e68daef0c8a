//! Decodes chunked coding while it arrives.
//!
//! In: bytes, split anywhere. Out: the bytes of the body, and the first fault. Absent: memory for more than the
//! current chunk's size line.

/// The longest line before a chunk that is accepted.
const LONGEST_LINE: usize = 1024;

/// Removes chunked coding from a stream of bytes. Trailers are accepted and ignored.
#[derive(Debug, Default)]
pub struct Decoder {
    state: State,
    line: Vec<u8>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    /// In the line with the size of the next chunk.
    #[default]
    Size,
    /// In a chunk, with the number of its remaining bytes.
    Data(u64),
    /// Between a chunk and the next line, with the number of remaining bytes of the line end.
    AfterData(u8),
    /// In a line after the last chunk.
    Trailer,
    /// After the end.
    End,
    /// After this fault.
    Broken(&'static str),
}

impl Decoder {
    /// Decodes bytes and passes those of the body to `body`; the error says what is wrong with the coding. After an
    /// error nothing more is decoded, and every call returns the same error.
    pub fn decode(&mut self, bytes: &[u8], mut body: impl FnMut(&[u8])) -> Result<(), &'static str> {
        let mut rest = bytes;
        while !rest.is_empty() {
            match self.step(rest, &mut body) {
                Ok(used) => rest = &rest[used..],
                Err(fault) => {
                    self.state = State::Broken(fault);
                    return Err(fault);
                }
            }
        }
        Ok(())
    }

    /// Whether the last chunk and the empty line after it have arrived.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.state == State::End
    }

    /// Consumes as much as one state can; returns how much that is.
    fn step(&mut self, rest: &[u8], body: &mut impl FnMut(&[u8])) -> Result<usize, &'static str> {
        match self.state {
            State::Size | State::Trailer => self.line(rest),
            State::Data(left) => {
                let part = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
                body(&rest[..part]);
                let left = left - part as u64;
                self.state = if left == 0 { State::AfterData(2) } else { State::Data(left) };
                Ok(part)
            }
            State::AfterData(left) => {
                if rest[0] != [b'\n', b'\r'][usize::from(left) - 1] {
                    return Err("a chunk is longer than its size says");
                }
                self.state = if left == 1 { State::Size } else { State::AfterData(left - 1) };
                Ok(1)
            }
            State::End => Err("bytes after the last chunk"),
            State::Broken(fault) => Err(fault),
        }
    }

    /// Consumes bytes of a line, and processes the line once it is complete.
    fn line(&mut self, rest: &[u8]) -> Result<usize, &'static str> {
        let end = rest.iter().position(|&byte| byte == b'\n');
        let part = end.map_or(rest.len(), |end| end + 1);
        self.line.extend_from_slice(&rest[..part]);
        if self.line.len() > LONGEST_LINE {
            return Err("a line of the chunked coding does not end");
        }
        if end.is_some() {
            let line =
                self.line.strip_suffix(b"\r\n").ok_or("a line of the chunked coding ends without CR")?;
            self.state = match self.state {
                State::Trailer if line.is_empty() => State::End,
                State::Trailer => State::Trailer,
                _ => match size(line)? {
                    0 => State::Trailer,
                    size => State::Data(size),
                },
            };
            self.line.clear();
        }
        Ok(part)
    }
}

fn size(line: &[u8]) -> Result<u64, &'static str> {
    let digits = line.split(|&byte| byte == b';').next().unwrap_or_default();
    let valid = !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit);
    let text = std::str::from_utf8(digits).ok().filter(|_| valid);
    text.and_then(|text| u64::from_str_radix(text, 16).ok()).ok_or("a chunk without a size")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The body, whether it is complete, and the fault, of a stream that arrives in pieces of each size.
    fn decode(stream: &[u8]) -> (Vec<u8>, bool, Option<&'static str>) {
        let mut results = (1..=stream.len()).map(|size| {
            let (mut decoder, mut body, mut fault) = (Decoder::default(), Vec::new(), None);
            for piece in stream.chunks(size) {
                fault = fault.or(decoder.decode(piece, |bytes| body.extend_from_slice(bytes)).err());
            }
            (body, decoder.is_complete(), fault)
        });
        let first = results.next().expect("a stream of some length");
        assert!(results.all(|other| other == first), "{first:?}");
        first
    }

    #[test]
    fn chunks_are_joined() {
        let stream = b"3\r\nabc\r\nB;note=1\r\nde\r\nfghijkl\r\n0\r\nTrailer: x\r\n\r\n";
        assert_eq!(decode(stream), (b"abcde\r\nfghijkl".to_vec(), true, None));
    }

    #[test]
    fn a_fault_is_not_forgotten() {
        let mut decoder = Decoder::default();
        let mut add = |bytes: &[u8]| assert_eq!(bytes, b"abc");
        assert_eq!(decoder.decode(b"3\r\nabc!", &mut add), Err("a chunk is longer than its size says"));
        assert_eq!(decoder.decode(b"0\r\n\r\n", &mut add), Err("a chunk is longer than its size says"));
        assert!(!decoder.is_complete());
    }

    #[test]
    fn a_body_without_its_last_chunk_is_incomplete() {
        assert_eq!(decode(b"3\r\nabc\r\n"), (b"abc".to_vec(), false, None));
        assert_eq!(decode(b"3\r\nab"), (b"ab".to_vec(), false, None));
        assert_eq!(decode(b"0\r\n"), (Vec::new(), false, None));
    }

    #[test]
    fn faults_are_named() {
        let fault = |stream: &[u8]| decode(stream).2;
        assert_eq!(fault(b"hello\r\n"), Some("a chunk without a size"));
        assert_eq!(fault(b"-1\r\n"), Some("a chunk without a size"));
        assert_eq!(fault(b"\r\n"), Some("a chunk without a size"));
        assert_eq!(fault(b"11112222333344445\r\n"), Some("a chunk without a size"));
        assert_eq!(fault(b"1\nabc"), Some("a line of the chunked coding ends without CR"));
        assert_eq!(fault(b"1\r\nabc"), Some("a chunk is longer than its size says"));
        assert_eq!(fault(b"0\r\n\r\nx"), Some("bytes after the last chunk"));
        assert_eq!(fault(&[b'0'; 2000]), Some("a line of the chunked coding does not end"));
    }
}
