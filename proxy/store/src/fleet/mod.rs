//! Records in Redis, for a fleet of nodes.
//!
//! The keys, with `P` for the prefix in braces:
//!
//! - `P:meta`, a hash: `schema`, the version of this; `id`, which tells this state from others; `revision` and `mark` of
//!   the last commit; `imported`, 1 after an import.
//! - `P:revisions` and `P:records`, hashes by `kind/name`: which commit wrote a record, and its value.
//! - `P:changes`, a stream of the latest commits, each below its revision: its mark and the names that it wrote.
//! - `P:audit`, a stream of all lines of the audit log below their revisions.
//! - `P:done:MARK` for some minutes: how a commit went. `P:staged:MARK`: records of an import that is under way.
//! - `P:keyvalue:…`: no records but what plugins keep, see [`values`].
//!
//! How durable a commit is, Redis decides: with `appendfsync everysec` a crash of it can take the last second. It must
//! not be allowed to evict keys. Version 5 or newer is needed.

mod link;
mod replica;
mod reply;
mod scripts;
mod settings;
mod store;
#[cfg(test)]
mod tests;
mod values;

pub use replica::Replica;
pub use settings::RedisSettings;
pub use values::{VALUES_ANSWER_TIMEOUT, ValueStore, Values, ValuesError, ValuesEvent};

pub(crate) use crate::embedded::SCHEMA;

use crate::{Change, Commit, CommitError, Position, Record, StoreError, fresh_mark};
use link::{Link, RETRY, Trouble};
use reply::{Garbled, Reply, mark};
use scripts::{MIGRATIONS, Migration};
use settings::Keys;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

/// Commits that the stream keeps, about. Who is behind by more loads everything.
const CHANGES_KEPT: &str = "10000";
/// How long it is remembered how a commit went, in seconds; much longer than anybody waits for an answer.
const OUTCOME_KEPT_SECONDS: &str = "600";
/// Most commits, records and bytes of values that are followed in one answer. Redis does nothing else meanwhile.
const FOLLOW_COMMITS_MAX: &str = "1000";
const FOLLOW_RECORDS_MAX: &str = "64";
const FOLLOW_SIZE_MAX: &str = "67108864";
/// Most records and, unless one alone is larger, bytes of values that are loaded in one answer.
const FETCH_RECORDS_MAX: usize = 256;
const FETCH_SIZE_MAX: u64 = 16 << 20;
/// How often to begin anew when too much changes while everything is loaded. What was loaded counts again.
const LOAD_ATTEMPTS: usize = 5;
/// How often to send a commit: a connection that was idle for long may be gone without notice.
const COMMIT_ATTEMPTS: usize = 2;

/// Records in Redis.
///
/// Commits of one node go one after the other, and so does following. See [`Replica`] for what nodes use.
pub struct Redis {
    /// For everything but following.
    link: Link,
    /// Waits in Redis for changes.
    follower: Link,
    keys: Keys,
    /// Which state in Redis this is about, once that is known.
    id: Mutex<Option<u64>>,
    migrations: &'static [Migration],
}

/// A state in Redis as it introduces itself.
#[derive(Clone, Copy, Debug)]
struct Introduction {
    id: u64,
    revision: u64,
    /// It was put there on purpose, whatever its revision.
    imported: bool,
}

/// What is known of the changes since a position.
enum Delta {
    Changes(Position, Vec<Change>),
    TooOld,
}

/// All records at a position.
struct Loaded {
    position: Position,
    /// Those that the caller does not have.
    changed: Vec<Record>,
    /// The names of all.
    names: BTreeSet<(String, String)>,
}

impl Redis {
    /// Connects to Redis and begins a state there where there is none.
    ///
    /// # Errors
    /// When the settings are wrong, Redis is not there, or what is there is not ours or newer.
    pub fn open(settings: &RedisSettings) -> Result<Self, StoreError> {
        let redis = Self::unopened(settings)?;
        if let Some(introduction) = redis.introduce(true)? {
            redis.be(Some(introduction.id));
        }
        Ok(redis)
    }

    /// Without a connection.
    fn unopened(settings: &RedisSettings) -> Result<Self, StoreError> {
        let (link, follower) = (Link::new(settings)?, Link::new(settings)?);
        let keys = Keys::new(&settings.prefix)?;
        Ok(Self { link, follower, keys, id: Mutex::new(None), migrations: MIGRATIONS })
    }

    /// Makes this be about a state, or about none.
    fn be(&self, id: Option<u64>) {
        *self.id.lock().unwrap_or_else(PoisonError::into_inner) = id;
    }

    /// The state that there is, brought up to date; `None` where there is none and none is to be made.
    fn introduce(&self, make: bool) -> Result<Option<Introduction>, StoreError> {
        let id = mark(fresh_mark());
        let make = if make { "1" } else { "0" };
        let schema = SCHEMA.to_string();
        loop {
            let args = [id.as_bytes(), make.as_bytes(), schema.as_bytes()];
            let mut reply = Reply::of(self.link.script(scripts::INTRODUCE, &self.keys.all(), &args)?)?;
            match &*reply.word {
                "state" => {}
                "none" => return Ok(None),
                "foreign" => {
                    let reason = format!("there is {} but no state", reply.text()?);
                    return Err(StoreError::Other { reason });
                }
                _ => return Err(Garbled.into()),
            }
            let found = reply.number()?;
            if found == SCHEMA {
                let (id, revision, imported) = (reply.mark()?, reply.number()?, reply.number()? == 1);
                return Ok(Some(Introduction { id, revision, imported }));
            }
            let place = || self.keys.place();
            if found > SCHEMA {
                return Err(StoreError::Newer { place: place(), found, known: SCHEMA });
            }
            let step = self.migrations.iter().find(|step| step.from == found);
            let step = step.ok_or_else(|| StoreError::Older { place: place(), found, known: SCHEMA })?;
            self.link.script(&step.script(), &self.keys.all(), &[])?;
        }
    }

    /// Runs a script on the state; [`StoreError::Other`] when it is no longer there. The outer error is of the way there.
    fn on_state(
        &self,
        link: &Link,
        script: &str,
        key: Option<&str>,
        more: &[&[u8]],
    ) -> Result<Result<Reply, StoreError>, Trouble> {
        let id = *self.id.lock().unwrap_or_else(PoisonError::into_inner);
        let id = id.ok_or_else(|| Trouble::Refused("there was no connection yet".into()))?;
        let (schema, id) = (SCHEMA.to_string(), mark(id));
        let keys = self.keys.all().into_iter().chain(key).collect::<Vec<_>>();
        let mut args = vec![schema.as_bytes(), id.as_bytes()];
        args.extend(more);
        let mut reply = Reply::of(link.script(script, &keys, &args)?)?;
        if reply.word != "other" {
            return Ok(Ok(reply));
        }
        let (found, other) = (reply.text()?, reply.text()?);
        Ok(Err(match found.parse::<u64>() {
            Ok(found) if found > SCHEMA => {
                StoreError::Newer { place: self.keys.place(), found, known: SCHEMA }
            }
            Ok(_) => StoreError::Other { reason: format!("it has the state {other} in its place") },
            Err(_) => StoreError::Other { reason: "it has none".into() },
        }))
    }

    /// The same for what only reads.
    fn ask(&self, link: &Link, script: &str, more: &[&[u8]]) -> Result<Reply, StoreError> {
        match self.on_state(link, script, None, more) {
            // The connection may have been idle for too long; to ask again changes nothing.
            Err(Trouble::Lost(_)) => self.on_state(link, script, None, more)?,
            answered => answered?,
        }
    }

    /// What has changed since a position, as of now.
    fn delta(&self, since: Position) -> Result<Delta, StoreError> {
        let (revision, since_mark) = (since.revision.to_string(), mark(since.mark));
        let args = [&*revision, &since_mark, FOLLOW_COMMITS_MAX, FOLLOW_RECORDS_MAX, FOLLOW_SIZE_MAX];
        let mut reply = self.ask(&self.follower, scripts::FOLLOW, &args.map(str::as_bytes))?;
        match &*reply.word {
            "old" => return Ok(Delta::TooOld),
            "changes" => {}
            _ => return Err(Garbled.into()),
        }
        let position = Position { revision: reply.number()?, mark: reply.mark()? };
        let mut changes = Vec::new();
        while !reply.is_done() {
            let (kind, name) = reply.name()?;
            let (revision, value) = (reply.number()?, reply.bytes()?);
            changes.push(Change { revision, kind, name, value });
        }
        changes.sort_unstable_by(|a, b| (&a.kind, &a.name).cmp(&(&b.kind, &b.name)));
        Ok(Delta::Changes(position, changes))
    }

    /// All records, of which those that the caller has already at their latest revisions do not come. What it has is
    /// of the position `since`, and of no use where that is not in the history.
    ///
    /// They are loaded piece by piece, so that nobody else has to wait for long; what changed meanwhile comes last.
    fn load_since(
        &self,
        since: Position,
        mut have: HashMap<(String, String), u64>,
    ) -> Result<Loaded, StoreError> {
        let mut loaded = BTreeMap::new();
        for _ in 0..LOAD_ATTEMPTS {
            let (listed, known, all) = self.list(since)?;
            if !known {
                have.clear();
            }
            let missing = all.iter().filter(|(name, (revision, _))| {
                let loaded = loaded.get(*name).map(|record: &Record| &record.revision);
                loaded.or_else(|| have.get(*name)) != Some(revision)
            });
            let missing = missing.map(|(name, (_, length))| (name, *length)).collect::<Vec<_>>();
            self.fetch(&missing, &mut loaded)?;
            let Delta::Changes(position, changes) = self.delta(listed)? else { continue };
            let mut names = all.into_keys().collect::<BTreeSet<_>>();
            for Change { revision, kind, name, value } in changes {
                let key = (kind.clone(), name.clone());
                match value {
                    Some(bytes) => {
                        names.insert(key.clone());
                        loaded.insert(key, Record { kind, name, bytes, revision });
                    }
                    None => {
                        names.remove(&key);
                    }
                }
            }
            loaded.retain(|name, _| names.contains(name));
            return Ok(Loaded { position, changed: loaded.into_values().collect(), names });
        }
        let reason = "everything changes faster than it can be loaded".into();
        Err(StoreError::Unavailable { reason, retry: RETRY })
    }

    /// All records with revisions and lengths, and whether the history has a position.
    #[expect(clippy::type_complexity, reason = "used once")]
    fn list(
        &self,
        since: Position,
    ) -> Result<(Position, bool, BTreeMap<(String, String), (u64, u64)>), StoreError> {
        let (revision, since_mark) = (since.revision.to_string(), mark(since.mark));
        let args = [revision.as_bytes(), since_mark.as_bytes()];
        let mut reply = self.ask(&self.follower, scripts::LIST, &args)?;
        let position = Position { revision: reply.number()?, mark: reply.mark()? };
        let known = reply.number()? == 1;
        let mut all = BTreeMap::new();
        while !reply.is_done() {
            all.insert(reply.name()?, (reply.number()?, reply.number()?));
        }
        Ok((position, known, all))
    }

    fn fetch(
        &self,
        mut missing: &[(&(String, String), u64)],
        loaded: &mut BTreeMap<(String, String), Record>,
    ) -> Result<(), StoreError> {
        while !missing.is_empty() {
            let mut size = 0_u64;
            let fits = |(_, length): &&(_, u64)| {
                size = size.saturating_add(*length);
                size <= FETCH_SIZE_MAX
            };
            let count = missing.iter().take(FETCH_RECORDS_MAX).take_while(fits).count().max(1);
            let (batch, rest) = missing.split_at(count.min(missing.len()));
            missing = rest;
            let names = batch.iter().map(|((kind, name), _)| field(kind, name)).collect::<Vec<_>>();
            let args = names.iter().map(String::as_bytes).collect::<Vec<_>>();
            let mut reply = self.ask(&self.follower, scripts::FETCH, &args)?;
            for ((kind, name), _) in batch {
                let (revision, bytes) = (reply.text()?, reply.bytes()?.ok_or(Garbled)?);
                // Removed since it was listed.
                if revision.is_empty() {
                    continue;
                }
                let revision = revision.parse().map_err(|_| Garbled)?;
                let record = Record { kind: kind.clone(), name: name.clone(), bytes, revision };
                loaded.insert((kind.clone(), name.clone()), record);
            }
        }
        Ok(())
    }

    /// Sends a commit, and finds out how it went when the answer is lost.
    fn send(&self, commit: &Commit) -> Result<u64, CommitError> {
        let mut reason = String::new();
        for _ in 0..COMMIT_ATTEMPTS {
            // A new one each time: the one before is refused for good.
            let mark = mark(fresh_mark());
            let done = self.keys.passing("done", &mark);
            match self.on_state(&self.link, scripts::COMMIT, Some(&done), &arguments(commit, &mark).list()) {
                Ok(reply) => return made(reply?),
                Err(Trouble::Refused(reason)) => {
                    return Err(CommitError::Unavailable { reason, retry: RETRY });
                }
                Err(Trouble::Lost(lost)) => reason = lost,
            }
            let kept = [OUTCOME_KEPT_SECONDS.as_bytes()];
            let Ok(Ok(reply)) = self.on_state(&self.link, scripts::RESOLVE, Some(&done), &kept) else {
                return Err(CommitError::Unknown { reason });
            };
            if reply.word != "refused" {
                return made(reply);
            }
        }
        Err(CommitError::Unavailable { reason, retry: RETRY })
    }
}

/// What a script says about a commit.
fn made(mut reply: Reply) -> Result<u64, CommitError> {
    let unknown = |_: Garbled| CommitError::Unknown { reason: "Redis answered something else".into() };
    match &*reply.word {
        "made" => reply.number().map_err(unknown),
        "conflict" => {
            let (kind, name) = reply.name().map_err(unknown)?;
            let (seen, found) = (reply.number().map_err(unknown)?, reply.number().map_err(unknown)?);
            Err(CommitError::Conflict { kind, name, seen, found })
        }
        "full" => Err(CommitError::NotEmpty { records: reply.number().map_err(unknown)? }),
        "gone" => {
            let reason = "Redis has lost records of the import before it was done".into();
            Err(CommitError::Unavailable { reason, retry: RETRY })
        }
        _ => Err(unknown(Garbled)),
    }
}

/// What the script of commits gets.
struct Arguments<'c> {
    texts: Vec<String>,
    commit: &'c Commit,
}

fn arguments<'c>(commit: &'c Commit, mark: &str) -> Arguments<'c> {
    let mut texts = vec![mark.to_owned(), commit.reads.len().to_string()];
    for (kind, name, seen) in &commit.reads {
        texts.extend([field(kind, name), seen.to_string()]);
    }
    texts.extend(commit.writes.iter().map(|(kind, name, _)| field(kind, name)));
    Arguments { texts, commit }
}

impl Arguments<'_> {
    fn list(&self) -> Vec<&[u8]> {
        let (reads, writes) = self.texts[1..].split_at(1 + 2 * self.commit.reads.len());
        let mut list = vec![self.texts[0].as_bytes(), &self.commit.audit];
        list.extend([OUTCOME_KEPT_SECONDS.as_bytes(), CHANGES_KEPT.as_bytes()]);
        list.extend(reads.iter().map(String::as_bytes));
        for ((_, _, bytes), name) in self.commit.writes.iter().zip(writes) {
            list.extend([name.as_bytes(), if bytes.is_some() { b"1" } else { b"0" }]);
            list.push(bytes.as_deref().unwrap_or_default());
        }
        list
    }
}

/// What a record is called in the hashes.
fn field(kind: &str, name: &str) -> String {
    format!("{kind}/{name}")
}
