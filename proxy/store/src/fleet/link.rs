//! One connection to Redis, made when it is needed and again after it is lost.

use super::settings::RedisSettings;
use crate::StoreError;
use redis::{Client, Cmd, Connection, ErrorKind, RedisError, ServerErrorKind, TlsCertificates, Value};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long to wait for a connection, and then for each answer to the greeting and the password.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long to wait for a next piece of an answer. An import of many records keeps Redis busy for a second.
pub(super) const COMMAND_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a caller should wait after Redis was not there.
pub(super) const RETRY: Duration = Duration::from_secs(1);

pub(super) struct Link {
    client: Client,
    held: Mutex<Option<Held>>,
}

struct Held {
    connection: Connection,
    /// What Redis calls the scripts that were loaded over this connection.
    names: HashMap<String, String>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Nothing was sent, or Redis refused it: nothing has happened.
    Refused(String),
    /// It was sent, and the answer did not come.
    Lost(String),
}

/// What connections are made with. Makes none.
pub(super) fn client(settings: &RedisSettings) -> Result<Client, StoreError> {
    let wrong = |error: RedisError| StoreError::Settings(format!("the URL of Redis is wrong: {error}"));
    let client = if settings.url.starts_with("rediss:") {
        // The client takes the provider of the process. Who has chosen one has it stay.
        drop(rustls::crypto::ring::default_provider().install_default());
        let certificates = TlsCertificates { client_tls: None, root_cert: settings.ca.clone() };
        match &settings.ca {
            Some(_) => Client::build_with_tls(&*settings.url, certificates),
            None => Client::open(&*settings.url),
        }
    } else {
        Client::open(&*settings.url)
    };
    client.map_err(wrong)
}

impl Link {
    pub(super) fn new(settings: &RedisSettings) -> Result<Self, StoreError> {
        Ok(Self { client: client(settings)?, held: Mutex::new(None) })
    }

    /// Runs a script.
    pub(super) fn script(&self, text: &str, keys: &[&str], args: &[&[u8]]) -> Result<Value, Trouble> {
        self.with(COMMAND_TIMEOUT, |held| held.script(text, keys, args))
    }

    /// Runs a command that answers within `wait` and the usual time.
    pub(super) fn command(&self, command: &Cmd, wait: Duration) -> Result<Value, Trouble> {
        self.with(COMMAND_TIMEOUT + wait, |held| command.query(&mut held.connection))
    }

    fn with(
        &self,
        timeout: Duration,
        run: impl FnOnce(&mut Held) -> Result<Value, RedisError>,
    ) -> Result<Value, Trouble> {
        let mut held = self.lock();
        // Taken out, so that one that fails half-way is never used again.
        let mut used = match held.take() {
            Some(used) => used,
            None => Held::connect(&self.client).map_err(|error| Trouble::Refused(error.to_string()))?,
        };
        let limited = used.connection.set_read_timeout(Some(timeout));
        let limited = limited.and_then(|()| used.connection.set_write_timeout(Some(timeout)));
        limited.map_err(|error| Trouble::Refused(error.to_string()))?;
        match run(&mut used) {
            Ok(value) => {
                *held = Some(used);
                Ok(value)
            }
            // An answer, so the connection is in order; but whether this Redis is of use is better asked anew: it may
            // have become a replica that only reads.
            Err(error) if matches!(error.kind(), ErrorKind::Server(_) | ErrorKind::Extension) => {
                Err(Trouble::Refused(error.to_string()))
            }
            Err(error) => Err(Trouble::Lost(error.to_string())),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn connect(client: &Client) -> Result<Self, RedisError> {
        let connection = client.get_connection_with_timeout(CONNECT_TIMEOUT)?;
        Ok(Self { connection, names: HashMap::new() })
    }

    fn script(&mut self, text: &str, keys: &[&str], args: &[&[u8]]) -> Result<Value, RedisError> {
        let name = match self.names.get(text) {
            Some(name) => name.clone(),
            None => self.load(text)?,
        };
        match self.evaluate(&name, keys, args) {
            // Another node has emptied the list of scripts since.
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                let name = self.load(text)?;
                self.evaluate(&name, keys, args)
            }
            other => other,
        }
    }

    fn load(&mut self, text: &str) -> Result<String, RedisError> {
        let name = redis::cmd("SCRIPT").arg("LOAD").arg(text).query::<String>(&mut self.connection)?;
        self.names.insert(text.to_owned(), name.clone());
        Ok(name)
    }

    fn evaluate(&mut self, name: &str, keys: &[&str], args: &[&[u8]]) -> Result<Value, RedisError> {
        redis::cmd("EVALSHA").arg(name).arg(keys.len()).arg(keys).arg(args).query(&mut self.connection)
    }
}

impl Trouble {
    pub(super) fn reason(self) -> String {
        match self {
            Trouble::Refused(reason) | Trouble::Lost(reason) => reason,
        }
    }
}

impl From<Trouble> for StoreError {
    fn from(trouble: Trouble) -> Self {
        StoreError::Unavailable { reason: trouble.reason(), retry: RETRY }
    }
}
