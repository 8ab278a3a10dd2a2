//! The event stream that a function of Lambda answers with (`application/vnd.amazon.eventstream`).

use crate::backends::{Backend, Backends};
use crate::targets::Chosen;
use aws_smithy_eventstream::frame::{DecodedFrame, MessageFrameDecoder};
use bytes::{Bytes, BytesMut};
use edgewit_plugin::printable_line;
use pingora_error::{Error, ErrorType};
use std::time::Duration;

/// Bytes of one message of an event stream; Lambda's have at most 16 KB of payload.
const MAX_MESSAGE_BYTES: usize = 1 << 20;
/// Time that the end of a body has to come after the last message.
const END_TIMEOUT: Duration = Duration::from_millis(100);

/// The messages of a stream.
pub(super) struct Messages {
    backend: Backend,
    _target: Chosen,
    decoder: MessageFrameDecoder,
    unread: BytesMut,
}

/// One of them.
pub(super) enum Message {
    Payload(Bytes),
    Complete,
    /// The function has failed: what it says.
    Failed(String),
}

impl Messages {
    /// The stream of a backend that has answered 200; the call counts for its target until it ends.
    pub(super) fn new(backend: Backend, target: Chosen) -> Self {
        Self { backend, _target: target, decoder: MessageFrameDecoder::new(), unread: BytesMut::new() }
    }

    /// Gives the connection back, where the stream has come to its end on it.
    pub(super) async fn release(mut self, backends: &Backends) {
        let end = tokio::time::timeout(END_TIMEOUT, self.backend.session.read_body_bytes()).await;
        if matches!(end, Ok(Ok(None))) {
            backends.release(self.backend).await;
        }
    }

    pub(super) async fn next(&mut self) -> Result<Message, Box<Error>> {
        let broken = |why: String| Error::explain(ErrorType::ReadError, why);
        loop {
            let decoded = self.decoder.decode_frame(&mut self.unread);
            if let DecodedFrame::Complete(message) = decoded.map_err(|error| broken(error.to_string()))? {
                if let Some(message) = read(&message) {
                    return Ok(message);
                }
                continue;
            }
            if self.unread.len() > MAX_MESSAGE_BYTES {
                return Err(broken(format!("a message of more than {MAX_MESSAGE_BYTES} bytes")));
            }
            match self.backend.session.read_body_bytes().await? {
                Some(part) => self.unread.extend_from_slice(&part),
                None => return Err(broken("the stream ended before it was complete".to_owned())),
            }
        }
    }
}

/// `None` for messages of kinds that are not known, which are to be read over.
fn read(message: &aws_smithy_types::event_stream::Message) -> Option<Message> {
    let text = |name: &str| {
        let header = message.headers().iter().find(|header| header.name().as_str() == name)?;
        Some(header.value().as_string().ok()?.as_str())
    };
    if text(":message-type") != Some("event") {
        return Some(Message::Failed(text(":exception-type").unwrap_or("an error of Lambda").to_owned()));
    }
    match text(":event-type")? {
        "PayloadChunk" => Some(Message::Payload(message.payload().clone())),
        "InvokeComplete" => {
            let said = serde_json::from_slice::<serde_json::Value>(message.payload()).unwrap_or_default();
            let text =
                |key: &str| said.get(key).and_then(serde_json::Value::as_str).filter(|text| !text.is_empty());
            Some(match text("ErrorCode") {
                None => Message::Complete,
                Some(code) => {
                    let details = text("ErrorDetails").unwrap_or_default();
                    Message::Failed(printable_line(&format!("{code}: {details}")))
                }
            })
        }
        _ => None,
    }
}
