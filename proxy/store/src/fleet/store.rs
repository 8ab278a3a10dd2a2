//! Redis as a store.

use super::link::{RETRY, Trouble};
use super::reply::{Garbled, list, mark, text};
use super::{CHANGES_KEPT, Delta, Redis, field, made, scripts};
use crate::{
    AuditLine, Commit, CommitError, Follow, Health, Position, Replacement, Snapshot, Store, StoreError,
    fresh_mark,
};
use redis::Value;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Longest wait for changes in one command: so soon it is noticed that Redis has lost everything.
pub(super) const FOLLOW_BLOCK: Duration = Duration::from_secs(1);
/// How long Redis keeps records of an import that nobody finishes, in seconds.
const STAGED_KEPT_SECONDS: u64 = 3600;
/// Bytes of values to send in one command during an import, unless one value alone is larger.
const STAGE_SIZE_MAX: usize = 8 << 20;

impl Store for Redis {
    fn load(&self) -> Result<Snapshot, StoreError> {
        let loaded = self.load_since(Position::default(), HashMap::new())?;
        Ok(Snapshot { position: loaded.position, records: loaded.changed })
    }

    fn commit(&self, commit: Commit) -> Result<u64, CommitError> {
        commit.check()?;
        self.send(&commit)
    }

    fn follow(&self, since: Position, timeout: Duration) -> Result<Follow, StoreError> {
        let begin = Instant::now();
        loop {
            match self.delta(since)? {
                Delta::TooOld => return Ok(Follow::TooOld),
                Delta::Changes(position, changes) if position != since => {
                    return Ok(Follow::Changes { position, changes });
                }
                Delta::Changes(..) => {}
            }
            let left = timeout.saturating_sub(begin.elapsed());
            if left.is_zero() {
                return Ok(Follow::Changes { position: since, changes: Vec::new() });
            }
            self.wait(since, left.min(FOLLOW_BLOCK))?;
        }
    }

    fn audit(&self, after: Option<u64>, limit: usize) -> Result<Vec<AuditLine>, StoreError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let first = after.map_or("-".into(), |after| format!("{after}-1"));
        let mut command = redis::cmd("XRANGE");
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        command.arg(&self.keys.audit).arg(first).arg("+").arg("COUNT").arg(limit);
        let entries = match self.link.command(&command, Duration::ZERO) {
            Err(Trouble::Lost(_)) => self.link.command(&command, Duration::ZERO)?,
            answered => answered?,
        };
        Ok(list(entries)?.into_iter().map(audit_line).collect::<Result<_, Garbled>>()?)
    }

    fn replace(&self, replacement: Replacement) -> Result<u64, CommitError> {
        replacement.check()?;
        let mark = mark(fresh_mark());
        let staged = self.keys.passing("staged", &mark);
        self.stage(&staged, &replacement.records)
            .map_err(|trouble| CommitError::Unavailable { reason: trouble.reason(), retry: RETRY })?;
        let (revision, count) = (replacement.revision.to_string(), replacement.records.len().to_string());
        let over = if replacement.over { "1" } else { "0" };
        let args = [
            mark.as_bytes(),
            &replacement.audit,
            over.as_bytes(),
            revision.as_bytes(),
            count.as_bytes(),
            CHANGES_KEPT.as_bytes(),
        ];
        let replaced = match self.on_state(&self.link, scripts::REPLACE, Some(&staged), &args) {
            Ok(reply) => reply.map_err(CommitError::from).and_then(made),
            Err(Trouble::Refused(reason)) => Err(CommitError::Unavailable { reason, retry: RETRY }),
            Err(Trouble::Lost(reason)) => Err(CommitError::Unknown { reason }),
        };
        if replaced.is_err() {
            // Else they go by themselves, later.
            drop(self.link.command(redis::cmd("DEL").arg(&staged), Duration::ZERO));
        }
        replaced
    }

    fn health(&self) -> Health {
        // Whoever asks this store asks Redis.
        Health::Live
    }
}

impl Redis {
    /// Waits in Redis until there is a commit after a position, or not.
    fn wait(&self, since: Position, timeout: Duration) -> Result<(), StoreError> {
        // 0 would be for ever.
        let milliseconds = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX).max(1);
        let mut command = redis::cmd("XREAD");
        command.arg("COUNT").arg(1).arg("BLOCK").arg(milliseconds);
        command.arg("STREAMS").arg(&self.keys.changes).arg(format!("{}-0", since.revision));
        match self.follower.command(&command, timeout) {
            // Connected again by the next command, if it can be.
            Ok(_) | Err(Trouble::Lost(_)) => Ok(()),
            Err(refused) => Err(refused.into()),
        }
    }

    /// Sends the records of an import to a place beside those that are there.
    fn stage(&self, key: &str, records: &[(String, String, Vec<u8>)]) -> Result<(), Trouble> {
        let mut rest = records.iter().peekable();
        while rest.peek().is_some() {
            let mut command = redis::cmd("HSET");
            command.arg(key);
            let mut size = 0;
            while let Some((kind, name, bytes)) =
                rest.next_if(|(_, _, bytes)| size == 0 || size + bytes.len() <= STAGE_SIZE_MAX)
            {
                command.arg(field(kind, name)).arg(&**bytes);
                // Names count too: there may be many with small values.
                size += kind.len() + name.len() + bytes.len();
            }
            self.link.command(&command, Duration::ZERO)?;
            let mut expire = redis::cmd("EXPIRE");
            self.link.command(expire.arg(key).arg(STAGED_KEPT_SECONDS), Duration::ZERO)?;
        }
        Ok(())
    }
}

/// `[id, [field, line]]`.
fn audit_line(entry: Value) -> Result<AuditLine, Garbled> {
    let mut entry = list(entry)?.into_iter();
    let id = text(entry.next())?;
    let sequence = id.split('-').next().and_then(|number| number.parse().ok()).ok_or(Garbled)?;
    let line = list(entry.next().ok_or(Garbled)?)?.into_iter().nth(1);
    match line {
        Some(Value::BulkString(bytes)) => Ok(AuditLine { sequence, bytes }),
        _ => Err(Garbled),
    }
}
