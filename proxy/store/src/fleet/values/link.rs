//! One connection to Redis over which many commands go at once.

use redis::{Client, Connection, ConnectionLike, Value};
use std::time::Duration;

/// How long to wait for a connection, and then for each answer to the greeting and the password.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// How long to wait for a next piece of an answer, or for Redis to take more, before the connection counts as lost.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) struct Connected(Connection);

impl Connected {
    /// # Errors
    /// Why there is none; without the URL, which may hold a password.
    pub(super) fn new(client: &Client) -> Result<Self, String> {
        let connect = || {
            let connection = client.get_connection_with_timeout(CONNECT_TIMEOUT)?;
            connection.set_read_timeout(Some(ANSWER_TIMEOUT))?;
            connection.set_write_timeout(Some(ANSWER_TIMEOUT))?;
            Ok(Self(connection))
        };
        connect().map_err(|error: redis::RedisError| error.to_string())
    }

    /// Whether somebody answers.
    pub(super) fn is_alive(&mut self) -> bool {
        self.0.check_connection()
    }

    /// Sends commands and reads their answers, of which some may be errors. When fewer come than were asked for, the
    /// connection is lost.
    pub(super) fn send(&mut self, packed: &[u8], count: usize) -> Vec<Value> {
        let mut answers = Vec::with_capacity(count);
        if self.0.send_packed_command(packed).is_err() {
            return answers;
        }
        // Not the client's own way of doing this: it would wait for each of them when the first does not come.
        while answers.len() < count {
            match self.0.recv_response() {
                Ok(Value::Push { .. }) => {}
                Ok(answer) => answers.push(answer),
                Err(_lost) => break,
            }
        }
        answers
    }
}
