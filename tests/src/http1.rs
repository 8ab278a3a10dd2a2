//! A small HTTP/1.1 message reader for both sides: it keeps what it reads exactly as it came.

use std::fmt;
use std::io::{self, Read};

/// Header or trailer lines in order: name as sent, value without surrounding blanks.
pub type Fields = Vec<(String, String)>;

/// The first part of a message, byte for byte and taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Everything up to and including the empty line.
    pub raw: Vec<u8>,
    /// First line without its end.
    pub start_line: String,
    /// Header lines in order, names as sent, values without surrounding blanks.
    pub headers: Fields,
}

/// Why a message could not be read.
#[derive(Debug)]
pub enum ReadError {
    /// The peer closed before the first byte.
    Closed,
    /// The peer closed in the middle of a message; what had come.
    Truncated(String),
    /// What came is no HTTP message.
    Malformed(String),
    /// Timeout, reset and the like.
    Io(io::Error),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::Closed => f.write_str("connection closed without a message"),
            ReadError::Truncated(got) => write!(f, "connection closed in the middle of a message: {got}"),
            ReadError::Malformed(why) => write!(f, "malformed message: {why}"),
            ReadError::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ReadError {}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        ReadError::Io(error)
    }
}

impl Head {
    /// The values of a header, in order.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers
            .iter()
            .filter(move |(have, _)| have.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The first value of a header.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(have, _)| have.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Whether the last transfer coding is `chunked`.
    pub fn is_chunked(&self) -> bool {
        self.values("transfer-encoding").last().is_some_and(|value| {
            value.rsplit(',').next().is_some_and(|coding| coding.trim().eq_ignore_ascii_case("chunked"))
        })
    }

    /// `Content-Length`, when it is one number.
    pub fn content_length(&self) -> Option<u64> {
        self.value("content-length")?.parse().ok()
    }

    /// Takes raw bytes that end with an empty line apart.
    ///
    /// # Errors
    /// [`ReadError::Malformed`] for a line without a colon.
    pub fn parse(raw: Vec<u8>) -> Result<Head, ReadError> {
        let text = String::from_utf8_lossy(&raw).into_owned();
        let mut lines = text.split("\r\n");
        let start_line = lines.next().unwrap_or_default().to_owned();
        let mut headers = Vec::new();
        for line in lines.take_while(|line| !line.is_empty()) {
            let (name, value) =
                line.split_once(':').ok_or_else(|| ReadError::Malformed(format!("header line {line:?}")))?;
            headers.push((name.to_owned(), value.trim_matches([' ', '\t']).to_owned()));
        }
        Ok(Head { raw, start_line, headers })
    }
}

/// Reads messages from a stream, keeping what came too early for the next one.
#[derive(Debug)]
pub struct Reader<S> {
    stream: S,
    buffer: Vec<u8>,
}

impl<S: Read> Reader<S> {
    /// A reader that has read nothing yet.
    pub fn new(stream: S) -> Self {
        Self { stream, buffer: Vec::new() }
    }

    /// The stream below, for writing or for settings.
    pub fn stream(&mut self) -> &mut S {
        &mut self.stream
    }

    /// Bytes already read and not yet consumed.
    pub fn buffered(&self) -> &[u8] {
        &self.buffer
    }

    /// Reads up to and including the empty line.
    ///
    /// # Errors
    /// [`ReadError::Closed`] where the peer closes before the first byte; other variants as they say.
    pub fn head(&mut self) -> Result<Head, ReadError> {
        let mut searched = 0;
        loop {
            if let Some(at) = find(&self.buffer[searched..], b"\r\n\r\n") {
                return Head::parse(self.take(searched + at + 4));
            }
            searched = self.buffer.len().saturating_sub(3);
            self.fill()?;
        }
    }

    /// Reads exactly `length` bytes.
    ///
    /// # Errors
    /// [`ReadError::Truncated`] where the peer closes earlier.
    pub fn exactly(&mut self, length: usize) -> Result<Vec<u8>, ReadError> {
        while self.buffer.len() < length {
            self.fill()?;
        }
        Ok(self.take(length))
    }

    /// Reads one chunk of a chunked body; an empty one is the last, and its trailer section is returned too.
    ///
    /// # Errors
    /// [`ReadError::Malformed`] for a size that is no hexadecimal number or data that does not end with CRLF.
    pub fn chunk(&mut self) -> Result<(Vec<u8>, Fields), ReadError> {
        let line = self.line()?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16)
            .map_err(|_| ReadError::Malformed(format!("chunk size {line:?}")))?;
        if size == 0 {
            let mut trailers = b"\r\n".to_vec();
            loop {
                let line = self.line()?;
                trailers.extend_from_slice(line.as_bytes());
                trailers.extend_from_slice(b"\r\n");
                if line.is_empty() {
                    return Ok((Vec::new(), Head::parse(trailers)?.headers));
                }
            }
        }
        let data = self.exactly(size)?;
        match self.exactly(2)?.as_slice() {
            b"\r\n" => Ok((data, Vec::new())),
            other => Err(ReadError::Malformed(format!("chunk data ends with {other:?}"))),
        }
    }

    /// Reads a whole chunked body and its trailers.
    ///
    /// # Errors
    /// As [`Reader::chunk`].
    pub fn chunks(&mut self) -> Result<(Vec<u8>, Fields), ReadError> {
        let mut body = Vec::new();
        loop {
            let (data, trailers) = self.chunk()?;
            if data.is_empty() {
                return Ok((body, trailers));
            }
            body.extend_from_slice(&data);
        }
    }

    /// Reads until the peer closes.
    ///
    /// # Errors
    /// Timeouts and resets.
    pub fn rest(&mut self) -> Result<Vec<u8>, ReadError> {
        loop {
            match self.fill() {
                Ok(()) => {}
                Err(ReadError::Closed | ReadError::Truncated(_)) => {
                    return Ok(std::mem::take(&mut self.buffer));
                }
                Err(other) => return Err(other),
            }
        }
    }

    /// Reads at least one byte and returns what is there.
    ///
    /// # Errors
    /// [`ReadError::Closed`] at the end of the stream.
    pub fn some(&mut self) -> Result<Vec<u8>, ReadError> {
        if self.buffer.is_empty() {
            self.fill()?;
        }
        Ok(std::mem::take(&mut self.buffer))
    }

    fn line(&mut self) -> Result<String, ReadError> {
        loop {
            if let Some(at) = find(&self.buffer, b"\r\n") {
                let line = self.take(at + 2);
                return Ok(String::from_utf8_lossy(&line[..at]).into_owned());
            }
            self.fill()?;
        }
    }

    fn take(&mut self, length: usize) -> Vec<u8> {
        let rest = self.buffer.split_off(length);
        std::mem::replace(&mut self.buffer, rest)
    }

    fn fill(&mut self) -> Result<(), ReadError> {
        let mut piece = [0; 64 * 1024];
        match self.stream.read(&mut piece)? {
            0 if self.buffer.is_empty() => Err(ReadError::Closed),
            0 => Err(ReadError::Truncated(String::from_utf8_lossy(&self.buffer).into_owned())),
            length => {
                self.buffer.extend_from_slice(&piece[..length]);
                Ok(())
            }
        }
    }
}

/// Encodes a body as chunks, with the last one.
pub fn encode_chunks<T: AsRef<[u8]>>(chunks: &[T]) -> Vec<u8> {
    let mut out = Vec::new();
    for chunk in chunks {
        out.extend_from_slice(&encode_chunk(chunk.as_ref()));
    }
    out.extend_from_slice(b"0\r\n\r\n");
    out
}

/// Encodes one chunk.
pub fn encode_chunk(data: &[u8]) -> Vec<u8> {
    let mut out = format!("{:x}\r\n", data.len()).into_bytes();
    out.extend_from_slice(data);
    out.extend_from_slice(b"\r\n");
    out
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time, so that every boundary is met.
    struct Trickle(Vec<u8>);

    impl Read for Trickle {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() {
                return Ok(0);
            }
            out[0] = self.0.remove(0);
            Ok(1)
        }
    }

    fn reader(text: &str) -> Reader<Trickle> {
        Reader::new(Trickle(text.as_bytes().to_vec()))
    }

    #[test]
    fn messages_follow_each_other_on_a_connection() {
        let mut reader = reader("HTTP/1.1 200 OK\r\nX-A:  1 \r\nx-a: 2\r\n\r\nbodyHTTP/1.1 204\r\n\r\n");
        let head = reader.head().unwrap();
        assert_eq!(head.start_line, "HTTP/1.1 200 OK");
        assert_eq!(head.values("X-a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(reader.exactly(4).unwrap(), b"body");
        assert_eq!(reader.head().unwrap().start_line, "HTTP/1.1 204");
        assert!(matches!(reader.head(), Err(ReadError::Closed)));
    }

    #[test]
    fn chunks_are_joined_and_trailers_kept() {
        let mut ok = reader("3;x=y\r\nabc\r\n1\r\nd\r\n0\r\nT: v\r\n\r\nnext");
        assert_eq!(ok.chunks().unwrap(), (b"abcd".to_vec(), vec![("T".to_owned(), "v".to_owned())]));
        assert_eq!(ok.rest().unwrap(), b"next");
        assert!(matches!(reader("zz\r\n").chunk(), Err(ReadError::Malformed(_))));
        assert!(matches!(reader("1\r\nabc").chunk(), Err(ReadError::Malformed(_))));
        assert!(matches!(reader("5\r\nabc").chunk(), Err(ReadError::Truncated(_))));
        assert_eq!(encode_chunks(&["abc", "d"]), b"3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n");
    }

    #[test]
    fn chunked_is_recognised_as_last_coding() {
        let head = |value: &str| Head {
            headers: vec![("Transfer-Encoding".into(), value.into())],
            ..Head::default()
        };
        assert!(head("gzip, Chunked").is_chunked());
        assert!(!head("chunked, gzip").is_chunked());
    }
}
