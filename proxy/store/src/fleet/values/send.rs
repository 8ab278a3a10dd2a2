//! The threads that send commands, each over a connection of its own.

use super::link::Connected;
use super::queue::{Job, Queue};
use super::{Answer, ValuesError};
use redis::{Client, Value};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Time between two attempts to connect: this much at first, then double, up to the most.
const BACKOFF_MIN: Duration = Duration::from_millis(100);
const BACKOFF_MAX: Duration = Duration::from_secs(2);
/// A connection that was not used for this long is tried before commands go over it: one that is gone without notice
/// would take them with it.
const IDLE: Duration = Duration::from_secs(1);

impl Queue {
    /// Starts threads that serve it until it is stopped.
    pub(super) fn serve(self: &Arc<Self>, client: &Client, threads: usize) {
        for _ in 0..threads {
            let (queue, client) = (Arc::clone(self), client.clone());
            let started = std::thread::Builder::new().name("values".into()).spawn(move || queue.run(&client));
            // Another one may have started; without any there is nobody to serve.
            if let Err(error) = started {
                self.unreachable(&format!("no thread: {error}"));
            }
        }
    }

    fn run(&self, client: &Client) {
        let mut backoff = BACKOFF_MIN;
        while !self.is_stopped() {
            match Connected::new(client) {
                Ok(connected) => {
                    backoff = BACKOFF_MIN;
                    self.connected();
                    self.send_over(connected);
                    self.disconnected();
                }
                Err(error) => {
                    self.unreachable(&error);
                    self.pause(backoff);
                    backoff = (backoff * 2).min(BACKOFF_MAX);
                }
            }
        }
    }

    /// Sends commands until the connection is of no more use.
    fn send_over(&self, mut connected: Connected) {
        let mut used = Instant::now();
        while let Some(batch) = self.next() {
            if used.elapsed() > IDLE && !connected.is_alive() {
                return self.put_back(batch);
            }
            let packed = batch.iter().map(|job| &*job.packed).collect::<Vec<_>>().concat();
            let answers = connected.send(&packed, batch.len());
            let of_no_use = answers.len() < batch.len() || answers.iter().any(is_useless);
            answer(batch, answers);
            if of_no_use {
                return;
            }
            used = Instant::now();
        }
    }
}

/// Those for whom nothing came do not hear what became of their commands: nobody knows.
fn answer(batch: Vec<Job>, answers: Vec<Value>) {
    let mut answers = answers.into_iter().map(read);
    for job in batch {
        // Whoever has given up needs no answer.
        let _gone = job.answer.send(answers.next().unwrap_or(Err(ValuesError::Lost)));
    }
}

fn read(value: Value) -> Answer {
    match value {
        Value::ServerError(error) => Err(ValuesError::Refused { code: error.code().to_owned() }),
        value => Ok(value),
    }
}

/// Whether this Redis has become one that cannot serve; the one that can may be behind the same name.
fn is_useless(value: &Value) -> bool {
    let Value::ServerError(error) = value else { return false };
    matches!(error.code(), "READONLY" | "LOADING" | "MASTERDOWN" | "NOAUTH")
}
