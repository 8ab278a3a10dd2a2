//! Steady traffic: clients that repeat one request on connections of their own and count what comes back.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::client::Connection;
use crate::wait_until;

/// Between two requests of one client; keeps the machine free for what is tested.
const PAUSE: Duration = Duration::from_millis(1);

/// Clients that send until [`Traffic::stop`].
#[derive(Debug)]
pub struct Traffic {
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
    clients: Vec<JoinHandle<Tally>>,
}

/// What clients saw.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Answers by status and body.
    pub answers: BTreeMap<(u16, String), u64>,
    /// Requests without an answer, and connections that ended when they should not.
    pub failures: Vec<String>,
}

impl Traffic {
    /// Starts `clients` that each repeat `request`, a GET as bytes, on one connection.
    pub fn start(addr: SocketAddr, request: &str, clients: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let answered = Arc::new(AtomicU64::new(0));
        let client = |_| {
            let (stop, answered, request) = (Arc::clone(&stop), Arc::clone(&answered), request.to_owned());
            thread::spawn(move || repeat(addr, request.as_bytes(), &stop, &answered))
        };
        let clients = (0..clients).map(client).collect();
        Self { stop, answered, clients }
    }

    /// Waits until `more` further requests have been answered.
    ///
    /// # Panics
    /// When traffic has come to a halt.
    pub fn flow(&self, more: u64) {
        let target = self.answered.load(Ordering::SeqCst) + more;
        let reached = wait_until(|| (self.answered.load(Ordering::SeqCst) >= target).then_some(()));
        assert!(reached.is_some(), "traffic came to a halt");
    }

    /// Stops and returns what all clients saw.
    ///
    /// # Panics
    /// When a client panicked.
    pub fn stop(self) -> Tally {
        self.stop.store(true, Ordering::SeqCst);
        let mut all = Tally::default();
        for client in self.clients {
            let tally = client.join().unwrap_or_else(|_| panic!("a client panicked"));
            all.failures.extend(tally.failures);
            for (answer, count) in tally.answers {
                *all.answers.entry(answer).or_default() += count;
            }
        }
        all
    }
}

fn repeat(addr: SocketAddr, request: &[u8], stop: &AtomicBool, answered: &AtomicU64) -> Tally {
    let mut tally = Tally::default();
    let mut connection = None;
    while !stop.load(Ordering::SeqCst) && tally.failures.len() < 10 {
        let outcome = match connection.take() {
            Some(open) => Ok(open),
            None => Connection::open(addr).map_err(|error| error.to_string()),
        };
        let outcome = outcome.and_then(|mut open| {
            open.send(request).map_err(|error| error.to_string())?;
            Ok((open.read("GET").map_err(|error| error.to_string())?, open))
        });
        match outcome {
            Ok((response, open)) => {
                // A node may end a connection, but has to say so.
                connection = (response.header("connection") != Some("close")).then_some(open);
                *tally.answers.entry((response.status, response.text())).or_default() += 1;
                answered.fetch_add(1, Ordering::SeqCst);
            }
            Err(error) => tally.failures.push(error),
        }
        thread::sleep(PAUSE);
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::Origin;

    #[test]
    fn answers_and_failures_are_counted() {
        let origin = Origin::saying("a").unwrap();
        let addr = origin.authority().parse().unwrap();
        let traffic = Traffic::start(addr, "GET / HTTP/1.1\r\nHost: o\r\n\r\n", 2);
        traffic.flow(10);
        let tally = traffic.stop();
        assert!(tally.answers[&(200, "a".to_owned())] >= 10 && tally.failures.is_empty(), "{tally:?}");
        drop(origin);
        let traffic = Traffic::start(addr, "GET / HTTP/1.1\r\n\r\n", 1);
        assert!(wait_until(|| traffic.clients[0].is_finished().then_some(())).is_some());
        assert_eq!(traffic.stop().failures.len(), 10);
    }
}
