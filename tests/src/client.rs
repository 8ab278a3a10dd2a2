//! A client that sends exactly the bytes it is given and reads what comes back.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::PATIENCE;
use crate::http1::{Head, ReadError, Reader};

/// A response, whole.
#[derive(Clone, Debug)]
pub struct Response {
    /// Status code of the final response.
    pub status: u16,
    /// Its head.
    pub head: Head,
    /// Its body, without transfer coding.
    pub body: Vec<u8>,
    /// Trailers of a chunked body.
    pub trailers: Vec<(String, String)>,
    /// Heads of the 1xx responses before it.
    pub interim: Vec<Head>,
}

impl Response {
    /// The body as text, with replacement characters where it is none.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.value(name)
    }
}

/// One connection to the node.
#[derive(Debug)]
pub struct Connection {
    reader: Reader<TcpStream>,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// What connecting gives.
    pub fn open(addr: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&addr, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self { reader: Reader::new(stream) })
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// What writing gives; a node that already refused the request may reset the connection.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.reader.stream().write_all(bytes)
    }

    /// Reads a whole response to a request with `method`, which decides whether there is a body.
    ///
    /// # Errors
    /// What reading gives.
    pub fn read(&mut self, method: &str) -> Result<Response, ReadError> {
        let mut interim = Vec::new();
        let (status, head) = loop {
            let (status, head) = self.read_head()?;
            if status == 101 || status >= 200 {
                break (status, head);
            }
            interim.push(head);
        };
        let bodiless =
            method == "HEAD" || matches!(status, 101 | 204 | 304) || (method == "CONNECT" && status < 300);
        let (body, trailers) = if bodiless {
            Default::default()
        } else if head.is_chunked() {
            self.reader.chunks()?
        } else if let Some(length) = head.content_length() {
            let length =
                usize::try_from(length).map_err(|_| ReadError::Malformed("content-length".to_owned()))?;
            (self.reader.exactly(length)?, Vec::new())
        } else {
            (self.reader.rest()?, Vec::new())
        };
        Ok(Response { status, head, body, trailers, interim })
    }

    /// Reads one response head, 1xx included.
    ///
    /// # Errors
    /// What reading gives, and [`ReadError::Malformed`] for something that is no response.
    pub fn read_head(&mut self) -> Result<(u16, Head), ReadError> {
        let head = self.reader.head()?;
        let status = head
            .start_line
            .strip_prefix("HTTP/1.1 ")
            .or_else(|| head.start_line.strip_prefix("HTTP/1.0 "))
            .and_then(|rest| rest.get(..3))
            .and_then(|digits| digits.parse().ok())
            .ok_or_else(|| ReadError::Malformed(format!("status line {:?}", head.start_line)))?;
        Ok((status, head))
    }

    /// The reader, for tests that look at a body piece by piece.
    pub fn reader(&mut self) -> &mut Reader<TcpStream> {
        &mut self.reader
    }

    /// Tells the node that nothing more will be sent.
    ///
    /// # Errors
    /// What `shutdown(2)` gives.
    pub fn finish(&mut self) -> io::Result<()> {
        self.reader.stream().shutdown(std::net::Shutdown::Write)
    }

    /// Whether the node closes the connection within `patience`, with nothing more sent on it.
    pub fn is_closed_within(&mut self, patience: Duration) -> bool {
        if self.reader.stream().set_read_timeout(Some(patience)).is_err() {
            return true;
        }
        let outcome = self.reader.some();
        let restored = self.reader.stream().set_read_timeout(Some(PATIENCE));
        match outcome {
            Err(ReadError::Closed) => true,
            Err(ReadError::Io(error)) => error.kind() == io::ErrorKind::ConnectionReset,
            _ => restored.is_err(),
        }
    }
}

/// Sends one request on a connection of its own and reads the response.
///
/// # Errors
/// What connecting, writing and reading give.
pub fn exchange(addr: SocketAddr, method: &str, request: &[u8]) -> Result<Response, ReadError> {
    let mut connection = Connection::open(addr)?;
    // A refusal may arrive before everything is sent; the response tells more than the broken pipe.
    let sent = connection.send(request);
    connection.read(method).map_err(|error| match sent {
        Err(sent) if matches!(error, ReadError::Closed) => ReadError::Io(sent),
        _ => error,
    })
}

/// A GET of `target` at `host`.
///
/// # Errors
/// As [`exchange`].
pub fn get(addr: SocketAddr, host: &str, target: &str) -> Result<Response, ReadError> {
    exchange(addr, "GET", format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn answer(bytes: &'static [u8], method: &str) -> Result<Response, ReadError> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(bytes).unwrap();
            drop(stream.shutdown(std::net::Shutdown::Write));
            io::copy(&mut stream, &mut io::sink()).ok();
        });
        let mut connection = Connection::open(addr).unwrap();
        let response = connection.read(method);
        assert!(response.is_err() || connection.is_closed_within(PATIENCE));
        drop(connection);
        server.join().unwrap();
        response
    }

    #[test]
    fn interim_responses_are_kept_apart() {
        let response =
            answer(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "POST");
        let response = response.unwrap();
        assert_eq!((response.status, response.interim.len(), response.text().as_str()), (200, 1, "ok"));
    }

    #[test]
    fn every_framing_is_read() {
        let head = answer(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", "HEAD").unwrap();
        assert_eq!((head.status, head.body.len()), (200, 0));
        let empty = answer(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n", "GET").unwrap();
        assert_eq!(empty.body.len(), 0);
        let chunked =
            answer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", "GET");
        assert_eq!(chunked.unwrap().text(), "ok");
        let close = answer(b"HTTP/1.0 200 OK\r\n\r\nuntil the end", "GET").unwrap();
        assert_eq!(close.text(), "until the end");
        assert!(matches!(answer(b"", "GET"), Err(ReadError::Closed)));
        assert!(matches!(answer(b"SSH-2.0\r\n\r\n", "GET"), Err(ReadError::Malformed(_))));
        assert!(answer(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", "GET").is_err());
    }
}
