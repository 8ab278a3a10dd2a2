//! The control plane at work: Amazon API Gateway's operations over a durable state, and what they change in the data
//! plane.
//!
//! The operations themselves are pure (`edgewit-control`). Here a request is let in, carried out over the state in
//! memory, made durable, and published: in this order, so that what was answered survives the end of the process, and
//! what was refused has changed nothing.

mod access;
mod audit;
mod desk;
mod environment;
mod files;
mod follow;
pub(crate) mod http;
mod stages;
mod start;
mod trial;

pub(crate) use access::{Access, Who};
pub(crate) use start::{access, start};
pub(crate) use trial::TRIAL_STAGE;

use crate::deploy::{Deployer, Prepared, StageKey};
use crate::shared::Shared;
use bytes::Bytes;
use edgewit_control::protocol::{self, Handled};
use edgewit_control::{Answer, Changes, Error, ErrorKind, Request, State};
use edgewit_store::{Commit, CommitError, Position, Store, StoreError};
use environment::World;
use parking_lot::{Mutex, RwLock};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Test invocations at once: each takes a thread for as long as its backend does.
const TRIALS: usize = 2;

/// Where the control plane runs.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    /// E.g. `us-east-1`.
    pub(crate) region: String,
    /// Twelve digits.
    pub(crate) account: String,
    /// Host suffix of the data plane.
    pub(crate) suffix: String,
}

/// The control plane of a node.
pub(crate) struct ControlPlane {
    home: Home,
    state: RwLock<State>,
    /// Who changes the state, one after the other; where the store has been followed to.
    progress: Mutex<Progress>,
    store: Box<dyn Store>,
    /// Other nodes change the store too.
    follows: bool,
    deployer: Arc<Deployer>,
    shared: Arc<Shared>,
    models: stages::Models,
    /// Held by who looks at the configuration folder.
    showing: Mutex<()>,
    desk: desk::Desk,
    /// For those who only read, whatever the others wait for.
    readers: desk::Desk,
    /// Test invocations that may run.
    trials: tokio::sync::Semaphore,
}

/// What changes come to in the data plane.
struct Published {
    prepared: Vec<Prepared>,
    /// The stages that go.
    gone: Vec<StageKey>,
}

/// How far the store was followed.
struct Progress {
    position: Position,
    /// The last commit of this node, which is in the state already.
    own: u64,
}

/// A request as it came, with who sent it.
pub(crate) struct Asked<'r> {
    pub(crate) request: Request<'r>,
    pub(crate) who: Who,
}

impl ControlPlane {
    /// A control plane over what `store` holds. Its stages are served when this returns.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) fn start(
        home: Home,
        store: Box<dyn Store>,
        follows: bool,
        deployer: Arc<Deployer>,
        shared: Arc<Shared>,
    ) -> Result<Arc<Self>, String> {
        let (state, position) = read(&*store).map_err(|error| error.to_string())?;
        let plane = Arc::new(Self {
            home,
            state: RwLock::new(state),
            progress: Mutex::new(Progress { position, own: 0 }),
            store,
            follows,
            deployer,
            shared,
            models: stages::Models::default(),
            showing: Mutex::default(),
            desk: desk::Desk::open().map_err(|error| error.to_string())?,
            readers: desk::Desk::open().map_err(|error| error.to_string())?,
            trials: tokio::sync::Semaphore::new(TRIALS),
        });
        plane.show_files();
        plane.publish_all();
        Ok(plane)
    }

    /// Carries a request out. Blocks: on the store, and on other changes.
    pub(crate) fn carry_out(&self, asked: &Asked<'_>) -> (u16, Vec<(&'static str, String)>, Bytes) {
        let (operation, answer) = match asked.request.method {
            "GET" => {
                let state = self.state.read();
                let handled = edgewit_control::handle(&state, &asked.request, &mut self.world());
                (handled.operation, handled.answer)
            }
            _ => self.change(asked),
        };
        match answer {
            Ok(Answer::Trial(trial)) => {
                let tried = match self.trials.try_acquire() {
                    Ok(_turn) => self.try_out(&trial).map(Answer::Json),
                    Err(_busy) => Err(Error::new(ErrorKind::TooManyRequests, "Too Many Requests")),
                };
                protocol::render(operation, &tried)
            }
            answer => protocol::render(operation, &answer),
        }
    }

    fn change(
        &self,
        asked: &Asked<'_>,
    ) -> (Option<&'static protocol::operation::Operation>, Result<Answer, Error>) {
        let mut progress = self.progress.lock();
        let mut world = self.world();
        let Handled { operation, answer, changes, .. } =
            edgewit_control::handle(&self.state.read(), &asked.request, &mut world);
        if answer.is_err() {
            return (operation, answer);
        }
        let name = operation.map_or("", |operation| operation.name.as_str());
        let audit = |changes: &Changes| audit::line(&world, &asked.who, name, &asked.request, changes);
        let made = self.make(&mut progress, changes, audit);
        (operation, made.and(answer))
    }

    /// Makes changes durable, then part of the state, then has them served.
    fn make(
        &self,
        progress: &mut Progress,
        changes: Changes,
        audit: impl FnOnce(&Changes) -> Vec<u8>,
    ) -> Result<(), Error> {
        let Published { prepared, gone } = self.prepare(&changes)?;
        let api_gone =
            changes.writes.iter().any(|write| write.key.kind == "restapis" && write.after.is_none());
        if !changes.is_empty() {
            match self.store.commit(commit(&changes, audit(&changes))) {
                Ok(revision) => {
                    self.state.write().apply(changes, revision);
                    progress.own = revision;
                }
                Err(error) => {
                    if self.is_lost(&error) {
                        self.load_anew(progress);
                    }
                    return Err(refused(error));
                }
            }
        }
        if !prepared.is_empty() || !gone.is_empty() {
            self.deployer.publish_stages(&self.shared, prepared, &gone);
        }
        if api_gone {
            // A file may have one of the same id, which was behind it.
            self.show_files();
        }
        Ok(())
    }

    /// Compiles the stages that changes are about, before anything is made durable: a stage that cannot be served is
    /// refused with what is wrong.
    fn prepare(&self, changes: &Changes) -> Result<Published, Error> {
        let mut gone = Vec::new();
        let mut wanted = Vec::new();
        {
            let state = self.state.read();
            let mut keys = BTreeSet::new();
            for write in changes.writes.iter().filter(|write| write.key.kind == "stages") {
                let Some((api, stage)) = write.key.name.split_once('/') else { continue };
                if write.after.is_none() {
                    gone.push((api.to_owned(), stage.to_owned()));
                } else if stages::differ(&state, changes, &write.key.name) {
                    keys.insert((api.to_owned(), stage.to_owned()));
                }
            }
            for (api, stage) in keys {
                wanted.push(stages::live(&state, changes, &api, &stage, &self.models)?);
            }
        }
        // Without the lock: whoever reads does not wait for it.
        let mut prepared = Vec::new();
        for stage in wanted {
            prepared.push(self.deployer.prepare(stage).map_err(|findings| stages::refused(&findings))?);
        }
        Ok(Published { prepared, gone })
    }

    /// Has all stages of the state served: at the start of a node, and when everything was loaded anew.
    fn publish_all(&self) {
        let keys: Vec<StageKey> = {
            let state = self.state.read();
            let stages = state.stages.iter().filter(|(_, slot)| slot.file.is_none());
            stages
                .filter_map(|(key, _)| key.split_once('/'))
                .filter(|(api, _)| state.rest_apis.contains_key(*api))
                .map(|(api, stage)| (api.to_owned(), stage.to_owned()))
                .collect()
        };
        let prepared = self.prepare_many(&keys);
        let served = self.deployer.live_keys();
        let gone: Vec<_> = served.into_iter().filter(|key| !keys.contains(key)).collect();
        self.deployer.publish_stages(&self.shared, prepared, &gone);
    }

    /// Those of the stages that can be served; the log says of the others why not.
    fn prepare_many(&self, keys: &[StageKey]) -> Vec<Prepared> {
        use rayon::iter::{IntoParallelIterator, ParallelIterator};
        if !keys.is_empty() {
            // Not by one of the threads below: they compile it together, and one that waits would be given the next
            // stage, which asks for it too.
            self.deployer.prepare_templates();
        }
        let none = Changes::default();
        let failed = |live: &StageKey, error: &Error| {
            let (api, stage) = live;
            tracing::error!(api, stage, error = %error.message, "a stage cannot be served");
        };
        let stages: Vec<_> = {
            let state = self.state.read();
            let live = |key: &StageKey| {
                let live = stages::live(&state, &none, &key.0, &key.1, &self.models);
                live.inspect_err(|error| failed(key, error)).ok()
            };
            keys.iter().filter_map(live).collect()
        };
        let one = |live: crate::deploy::LiveStage| {
            let key = live.key();
            let made = self.deployer.prepare(live).map_err(|findings| stages::refused(&findings));
            made.inspect_err(|error| failed(&key, error)).ok()
        };
        stages.into_par_iter().filter_map(one).collect()
    }

    /// Whether it is not known what the store holds now: a change of which the answer was lost, or one that cannot
    /// conflict with anybody's and does.
    fn is_lost(&self, error: &CommitError) -> bool {
        match error {
            CommitError::Unknown { .. } => true,
            CommitError::Conflict { .. } => !self.follows,
            _ => false,
        }
    }

    /// Takes what the store holds for the state, and serves that.
    fn load_anew(&self, progress: &mut Progress) {
        let (state, position) = match read(&*self.store) {
            Ok(read) => read,
            Err(error) => {
                tracing::error!(%error, "the store cannot be read");
                return;
            }
        };
        *self.state.write() = state;
        *progress = Progress { position, own: 0 };
        self.show_files();
        self.publish_all();
    }

    fn world(&self) -> World<'_> {
        World::new(&self.home)
    }
}

/// What a store holds, and as of when.
fn read(store: &dyn Store) -> Result<(State, Position), StoreError> {
    let loaded = store.load()?;
    let mut state = State::default();
    for record in &loaded.records {
        take_record(&mut state, &record.kind, &record.name, Some(&record.bytes), record.revision);
    }
    Ok((state, loaded.position))
}

/// Takes in a record. One that cannot be read, which a newer version may have written, is passed over.
fn take_record(state: &mut State, kind: &str, name: &str, value: Option<&[u8]>, revision: u64) {
    if let Err(error) = state.put_record(kind, name, value, revision) {
        tracing::error!(%error, "a record of the control plane is passed over");
    }
}

/// What a store is to keep.
fn commit(changes: &Changes, audit: Vec<u8>) -> Commit {
    let reads = changes.reads.iter();
    let reads = reads.map(|(key, revision)| (key.kind.to_owned(), key.name.clone(), *revision)).collect();
    let writes = changes.writes.iter().map(|write| {
        let after = write.after.as_ref().map(|after| after.to_string().into_bytes());
        (write.key.kind.to_owned(), write.key.name.clone(), after)
    });
    Commit { reads, writes: writes.collect(), audit }
}

fn refused(error: CommitError) -> Error {
    match error {
        CommitError::Conflict { .. } => Error::concurrent_modification(),
        CommitError::Unavailable { .. } => Error::new(
            ErrorKind::ServiceUnavailable,
            "The store of this node takes no changes at the moment. Please try again later.",
        ),
        CommitError::Invalid(why) => Error::new(ErrorKind::LimitExceeded, why),
        error => {
            tracing::error!(%error, "a change could not be made durable");
            Error::new(
                ErrorKind::InternalFailure,
                "The change could not be made durable; the log of the node says why.",
            )
        }
    }
}
