//! What was said to be made survives `kill -9` at any moment.

use super::{Folder, commit, listed};
use crate::{Embedded, Store};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Tells the test that it is the child, and which folder it writes in.
const CHILD: &str = "EDGEWIT_STORE_CRASH_FOLDER";
/// How often the child is killed.
const KILLS: u64 = 12;

/// Not a test of its own: what the child does, until it is killed.
#[test]
fn child_that_commits_in_a_loop() {
    let Ok(folder) = std::env::var(CHILD) else { return };
    let store = Embedded::open(Path::new(&folder)).unwrap();
    let mut out = std::io::stdout();
    loop {
        let next = store.load().unwrap().position.revision + 1;
        // Two records that must always be equal, one of them large; and the file grows and is used again.
        let value = format!("\"{next}{}\"", "x".repeat(usize::try_from(next % 7).unwrap() * 20_000));
        let name = format!("{:02}", next % 10);
        let writes = [("first", Some(&*value)), (&*name, Some(&*value)), ("last", Some(&*value))];
        let revision = store.commit(commit(&[], &writes)).unwrap();
        writeln!(out, "made {revision}").unwrap();
        out.flush().unwrap();
    }
}

#[test]
fn everything_acknowledged_is_there_after_kill_9() {
    let folder = Folder::new();
    let mut acknowledged = 0;
    for round in 0..KILLS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "tests::crash::child_that_commits_in_a_loop", "--nocapture"])
            .env(CHILD, folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let reader = std::thread::spawn(move || {
            let lines = out.lines().map_while(Result::ok);
            let numbers = lines.filter_map(|line| line.rsplit_once("made ")?.1.parse::<u64>().ok());
            numbers.max().unwrap_or(0)
        });
        // From before the file exists to some dozens of commits.
        std::thread::sleep(Duration::from_millis(round * round * 9 + u64::from(rand_byte())));
        child.kill().unwrap();
        child.wait().unwrap();
        acknowledged = reader.join().unwrap().max(acknowledged);
        let store = Embedded::open(folder.path()).unwrap();
        let snapshot = store.load().unwrap();
        let found = snapshot.position.revision;
        // At most the one that was under way is there beyond.
        assert!(found == acknowledged || found == acknowledged + 1, "{found}, acknowledged {acknowledged}");
        assert_eq!(store.audit(None, usize::MAX).unwrap().len() as u64, found);
        if found > 0 {
            let value = |name: &str| snapshot.records.iter().find(|record| record.name == name).unwrap();
            assert_eq!(value("first").bytes, value("last").bytes, "half a commit");
            assert_eq!(value("first").revision, found);
        }
        acknowledged = found;
        assert!(listed(&store).len() <= 12);
    }
    assert!(acknowledged > 0, "the child never came to commit");
}

fn rand_byte() -> u8 {
    crate::fresh_mark().to_le_bytes()[0]
}
