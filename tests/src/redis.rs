//! A real Redis for tests of fleets.

use crate::folder::Folder;
use crate::wait_until;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

/// A Redis on a free port, with its data in a folder of its own; stopped when dropped.
#[derive(Debug)]
pub struct Redis {
    process: Option<Child>,
    port: u16,
    folder: Folder,
}

impl Redis {
    /// Starts one.
    ///
    /// # Panics
    /// When there is no `redis-server` (`bin/setup tests` installs it), or when it does not come up.
    pub fn start() -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap_or_else(|error| panic!("a free port: {error}"));
        let port = free.local_addr().unwrap_or_else(|error| panic!("a free port: {error}")).port();
        drop(free);
        let mut redis = Self { process: None, port, folder: Folder::new() };
        redis.again();
        redis
    }

    /// What nodes are given.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Has it stand still, with its connections open.
    ///
    /// # Panics
    /// When it does not run.
    pub fn halt(&self) {
        self.signal("STOP");
    }

    /// Has it go on.
    ///
    /// # Panics
    /// When it does not run.
    pub fn go_on(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let process = self.process.as_ref().unwrap_or_else(|| panic!("Redis does not run"));
        // The shell's own `kill` is there on every machine; the command of that name is not.
        let sent =
            Command::new("sh").args(["-c", r#"kill -s "$0" "$1""#, name, &process.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "kill -s {name}");
    }

    /// Ends it without a word; what it was told to keep, it keeps.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            drop(process.kill());
            drop(process.wait());
        }
    }

    /// Starts it again with what it has kept.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn again(&mut self) {
        let process = Command::new("redis-server")
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1", "--save", ""])
            .args(["--appendonly", "yes", "--appendfsync", "always", "--dir"])
            .arg(self.folder.path())
            .stdout(Stdio::null())
            .stdin(Stdio::null())
            .spawn();
        let process = process.unwrap_or_else(|error| panic!("redis-server: {error}; see bin/setup tests"));
        self.process = Some(process);
        let up = wait_until(|| TcpStream::connect(("127.0.0.1", self.port)).ok());
        assert!(up.is_some(), "redis-server does not come up");
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.stop();
    }
}
