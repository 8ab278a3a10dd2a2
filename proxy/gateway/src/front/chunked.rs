//! Where a chunked message ends, and whether its framing is beyond doubt (RFC 9112, section 7.1).
//!
//! Pingora reads over some broken chunk headers, which a backend may read otherwise. So the bytes
//! are followed on their way to it: the first broken one ends the connection, and no byte of a
//! following request is ever taken for this one's. Pure: no I/O.

/// Bytes that chunk extensions and trailers of one message may have together.
pub(crate) const CHUNK_OVERHEAD_BYTES: usize = 8 * 1024;

/// Follows one chunked message.
#[derive(Debug)]
pub(super) struct Chunked {
    state: State,
    /// Bytes of extensions and trailers that may still come.
    overhead_left: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// In a chunk size: its value, and how many digits it has.
    Size(u64, u8),
    /// In an extension, or in white space after the size.
    Extension(u64),
    /// The line feed of a chunk header must follow.
    SizeEnd(u64),
    /// In chunk data.
    Data(u64),
    /// CR and LF must follow the data.
    DataCr,
    DataLf,
    /// At the start of a trailer line, or of the empty line that ends the message.
    TrailerStart,
    Trailer,
    TrailerLf,
    EndLf,
    Done,
}

/// The framing is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Broken;

impl Chunked {
    pub(super) fn new() -> Self {
        Self { state: State::Size(0, 0), overhead_left: CHUNK_OVERHEAD_BYTES }
    }

    /// Whether the message has ended.
    pub(super) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Follows `bytes` and returns how many of them belong to the message.
    pub(super) fn follow(&mut self, bytes: &[u8]) -> Result<usize, Broken> {
        let mut at = 0;
        while at < bytes.len() && self.state != State::Done {
            if let State::Data(left) = self.state {
                let taken = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len() - at);
                at += taken;
                let left = left - taken as u64;
                self.state = if left == 0 { State::DataCr } else { State::Data(left) };
                continue;
            }
            self.state = self.step(bytes[at])?;
            at += 1;
        }
        Ok(at)
    }

    fn step(&mut self, byte: u8) -> Result<State, Broken> {
        Ok(match (self.state, byte) {
            (State::Size(size, digits), b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') if digits < 15 => {
                let digit = (byte as char).to_digit(16).ok_or(Broken)?;
                State::Size(size * 16 + u64::from(digit), digits + 1)
            }
            (State::Size(size, 1..), b'\r') => State::SizeEnd(size),
            (State::Size(size, 1..), b';' | b' ' | b'\t') => State::Extension(size),
            (State::Extension(size), b'\r') => State::SizeEnd(size),
            (State::Extension(size), b'\t' | 0x20..=0x7e | 0x80..) => {
                self.spend()?;
                State::Extension(size)
            }
            (State::SizeEnd(0), b'\n') => State::TrailerStart,
            (State::SizeEnd(size), b'\n') => State::Data(size),
            (State::DataCr, b'\r') => State::DataLf,
            (State::DataLf, b'\n') => State::Size(0, 0),
            (State::TrailerStart, b'\r') => State::EndLf,
            (State::Trailer, b'\r') => State::TrailerLf,
            (State::TrailerLf, b'\n') => State::TrailerStart,
            // A trailer line that begins with white space would fold into the one before.
            (State::TrailerStart, 0x21..=0x7e) | (State::Trailer, b'\t' | 0x20..=0x7e | 0x80..) => {
                self.spend()?;
                State::Trailer
            }
            (State::EndLf, b'\n') => State::Done,
            _ => return Err(Broken),
        })
    }

    fn spend(&mut self) -> Result<(), Broken> {
        self.overhead_left = self.overhead_left.checked_sub(1).ok_or(Broken)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
    use super::*;

    /// Follows `text` in pieces of every size; all must agree.
    fn follow(text: &[u8]) -> Result<(usize, bool), Broken> {
        let mut results = (1..=text.len()).map(|size| {
            let mut chunked = Chunked::new();
            let mut taken = 0;
            for piece in text.chunks(size) {
                let n = chunked.follow(piece)?;
                taken += n;
                if n < piece.len() {
                    break;
                }
            }
            Ok((taken, chunked.is_done()))
        });
        let first = results.next().unwrap();
        assert!(results.all(|other| other == first), "{text:?}");
        first
    }

    #[test]
    fn a_message_ends_where_its_last_chunk_says() {
        for (text, end) in [
            ("0\r\n\r\n", 5),
            ("3\r\nabc\r\n0\r\n\r\nGET /", 13),
            ("A;x=y\r\n0123456789\r\n000\r\nT: v\r\n\r\nmore", 32),
            ("1 \r\na\r\n0\r\n\r\n", 12),
        ] {
            assert_eq!(follow(text.as_bytes()), Ok((end, true)), "{text:?}");
        }
        assert_eq!(follow(b"3\r\nab"), Ok((5, false)));
    }

    #[test]
    fn broken_framing_is_seen() {
        for text in [
            "\r\nabc\r\n0\r\n\r\n",
            "3\nabc\r\n0\r\n\r\n",
            "x\r\n",
            "-1\r\n",
            "0x3\r\nabc\r\n0\r\n\r\n",
            "3\r\nabcd\r\n0\r\n\r\n",
            "3\r\nabc0\r\n\r\n",
            "3\r\nabc\n0\r\n\r\n",
            "3;a\0b\r\nabc\r\n0\r\n\r\n",
            "0\r\n folded\r\n\r\n",
            "0\r\nT: a\nb\r\n\r\n",
            "fffffffffffffffff\r\n",
        ] {
            assert_eq!(follow(text.as_bytes()), Err(Broken), "{text:?}");
        }
    }

    #[test]
    fn extensions_and_trailers_are_bounded() {
        let text = |n: usize| format!("0;{}\r\n\r\n", "a".repeat(n));
        let mut chunked = Chunked::new();
        assert!(chunked.follow(text(CHUNK_OVERHEAD_BYTES).as_bytes()).is_ok() && chunked.is_done());
        assert_eq!(Chunked::new().follow(text(CHUNK_OVERHEAD_BYTES + 1).as_bytes()), Err(Broken));
    }
}
