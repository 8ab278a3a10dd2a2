//! Reload: a changed configuration is compiled beside the running generation and swapped in, or refused.

use crate::config::{Folder, NodeFile, files};
use crate::control::ControlPlane;
use crate::deploy::{Deployer, RolledBack};
use crate::digest::sha256;
use crate::node::{Event, Reporter};
use crate::shared::{Control, Shared};
use edgewit_model::Finding;
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Quiet time after a change before it is looked at: editors and builds write in several steps.
const SETTLE: Duration = Duration::from_millis(60);
/// Longest time that changes may keep coming before they are looked at all the same.
const SETTLE_AT_MOST: Duration = Duration::from_secs(1);

/// Time between two looks at the files, for changes that no notification comes for.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// What came of a changed configuration.
#[derive(Debug)]
pub struct Reload {
    /// Files that were changed, added or removed.
    pub changed: Vec<String>,
    /// The generation that serves now.
    pub generation: u64,
    /// Whether it is a new one.
    pub applied: bool,
    /// Stages that it serves.
    pub stages: usize,
    /// All findings.
    pub findings: Vec<Finding>,
    /// Time that compiling took.
    pub took: Duration,
    /// Settings that changed and take effect with a restart only.
    pub restart_for: Vec<&'static str>,
}

/// Why the configuration is looked at again.
enum Cause {
    File,
    Signal,
    /// An operator goes back to the version of a plugin that served before, and waits to hear what came of it.
    RollBack(String, oneshot::Sender<Result<RolledBack, String>>),
}

/// What comes together while changes settle.
#[derive(Default)]
struct Round {
    signal: bool,
    commands: Vec<(String, oneshot::Sender<Result<RolledBack, String>>)>,
}

impl Round {
    fn add(&mut self, cause: Cause) {
        match cause {
            Cause::File => {}
            Cause::Signal => self.signal = true,
            Cause::RollBack(plugin, answer) => self.commands.push((plugin, answer)),
        }
    }
}

/// The thread that reloads.
pub(crate) struct Reloader {
    wake: Sender<Cause>,
}

impl Reloader {
    /// Watches the configuration that `folder` was read from.
    ///
    /// # Errors
    /// When the system does not let files be watched or the thread be started.
    pub(crate) fn start(
        deployer: Arc<Deployer>,
        shared: Arc<Shared>,
        folder: &Folder,
        watched: Vec<PathBuf>,
        report: Reporter,
        plane: Option<Arc<ControlPlane>>,
    ) -> io::Result<Self> {
        let (wake, woken) = channel();
        let watch = Watch::start(deployer.conf(), wake.clone(), watched)?;
        let serving = State::of(folder);
        let mut thread =
            Thread { deployer, shared, report, plane, watch, tried: serving.hashes.clone(), serving };
        std::thread::Builder::new().name("reload".into()).spawn(move || thread.run(&woken))?;
        Ok(Self { wake })
    }

    /// Takes commands of the admin address: the next generation has what they ask for.
    pub(crate) fn control(&self) -> Control {
        let wake = Mutex::new(self.wake.clone());
        Box::new(move |plugin| {
            let (answer, answered) = oneshot::channel();
            // The thread ends only with the process.
            let _ended = wake.lock().send(Cause::RollBack(plugin, answer));
            answered
        })
    }

    /// Looks at the configuration again, changed or not.
    pub(crate) fn reload_now(&self) {
        // The thread ends only with the process.
        let _ended = self.wake.send(Cause::Signal);
    }
}

/// What a configuration that was read looked like.
struct State {
    hashes: BTreeMap<String, u64>,
    fixed: Vec<(&'static str, String)>,
}

impl State {
    fn of(folder: &Folder) -> Self {
        let node = &folder.node;
        let limits = &node.limits;
        Self {
            hashes: folder.hashes.clone(),
            fixed: vec![
                ("listen", format!("{:?}", node.listen)),
                ("admin", format!("{:?}", node.admin.as_ref().map(|admin| &admin.value))),
                ("access_keys", fingerprint(node)),
                ("redis", format!("{:?}", node.redis.as_ref().map(|url| sha256(&url.0)))),
                ("control_plane", format!("{:?}", node.control_plane)),
                ("data", format!("{:?}", node.data)),
                ("threads", format!("{:?}", node.threads)),
                (
                    "limits",
                    format!(
                        "{:?}",
                        (
                            limits.connections,
                            limits.connections_per_ip,
                            limits.idle_timeout_seconds,
                            limits.header_timeout_seconds,
                            (limits.body_read_timeout_seconds, limits.write_timeout_seconds),
                            limits.upgrade_idle_seconds,
                            limits.target_bytes,
                            limits.header_bytes,
                            limits.header_lines,
                            limits.payload_bytes,
                            (
                                limits.h2_streams,
                                limits.resolve_ttl_seconds,
                                limits.drain_seconds,
                                limits.plugin_instances
                            ),
                        )
                    ),
                ),
            ],
        }
    }
}

/// What the access keys are, secrets included but not shown.
fn fingerprint(node: &NodeFile) -> String {
    let keys = node.access_keys.iter().map(|key| &key.value);
    let keys = keys.map(|key| format!("{key:?} {}", sha256(&key.secret_access_key.0)));
    keys.collect::<Vec<_>>().join("\n")
}

struct Thread {
    deployer: Arc<Deployer>,
    shared: Arc<Shared>,
    report: Reporter,
    plane: Option<Arc<ControlPlane>>,
    watch: Watch,
    serving: State,
    /// What was tried last, applied or refused: the same content is not tried again by itself.
    tried: BTreeMap<String, u64>,
}

impl Thread {
    fn run(&mut self, woken: &Receiver<Cause>) {
        // Unlike anything: what changed since the configuration was read is found by the first look.
        let mut seen = Vec::new();
        loop {
            let mut round = Round::default();
            match woken.recv_timeout(LOOK_EVERY) {
                Ok(cause) => round.add(cause),
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {
                    self.deployer.reap();
                    // Notifications follow folders by identity and stop when one is replaced, or
                    // when a link on the way is; a look at the files themselves misses neither.
                    let now = self.watch.signature();
                    if now == seen {
                        continue;
                    }
                }
            }
            let first = Instant::now();
            while round.commands.is_empty() {
                match woken.recv_timeout(SETTLE) {
                    Ok(cause) => round.add(cause),
                    Err(RecvTimeoutError::Timeout) => break,
                    Err(RecvTimeoutError::Disconnected) => return,
                }
                if first.elapsed() > SETTLE_AT_MOST {
                    break;
                }
            }
            // Before anything is read, so that a change made meanwhile is seen by the next look.
            seen = self.watch.signature();
            let reloaded = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.round(round)));
            if reloaded.is_err() {
                tracing::error!("a reload ended in a panic; the old generation serves on");
            }
        }
    }

    fn round(&mut self, round: Round) {
        if round.signal {
            self.deployer.reopen_logs();
        }
        for (plugin, answer) in round.commands {
            let rolled_back = self.roll_back(&plugin);
            // An operator who is gone does not hear of it.
            let _gone = answer.send(rolled_back);
        }
        if round.signal || self.deployer.read_hashes() != self.tried {
            self.reload();
        }
    }

    /// Deploys with the version before of `plugin`, or leaves everything as it was.
    fn roll_back(&mut self, plugin: &str) -> Result<RolledBack, String> {
        let (rolled_back, undo) = self.deployer.roll_back(plugin)?;
        let refused = self.reload();
        if refused.is_empty() {
            let generation = self.shared.generation();
            let serves = generation.plugins.get(plugin).map(|entry| entry.plugin.digest().to_owned());
            if serves.as_ref() == Some(&rolled_back.serves) {
                return Ok(rolled_back);
            }
            let serves = serves.map_or_else(|| "none".to_owned(), |digest| format!("sha256:{digest}"));
            return Err(format!("the files have changed meanwhile, and what they say serves: {serves}"));
        }
        self.deployer.undo(undo);
        let errors = refused.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        Err(format!(
            "nothing can be deployed before the configuration is mended, so everything stays as it was: {errors}"
        ))
    }

    /// Deploys what the files say now. The errors for which it was refused; none when it serves.
    fn reload(&mut self) -> Vec<Finding> {
        let began = Instant::now();
        let mut deployed = self.deployer.deploy();
        let state = State::of(&deployed.folder);
        let changed = difference(&self.tried, &state.hashes);
        self.tried.clone_from(&state.hashes);
        let mut watched = std::mem::take(&mut deployed.watched);
        watched.extend(self.watch.always.iter().cloned());
        self.watch.set(&watched);
        let took = began.elapsed();
        let stages = deployed.generation.as_ref().map_or(0, |generation| generation.stages().len());
        let mut reload = Reload {
            changed,
            generation: self.shared.telemetry.generation(),
            applied: deployed.generation.is_some(),
            stages,
            findings: std::mem::take(&mut deployed.findings),
            took,
            restart_for: Vec::new(),
        };
        if deployed.generation.is_some() {
            let before = std::mem::replace(&mut self.serving, state);
            let pairs = before.fixed.iter().zip(&self.serving.fixed);
            reload.restart_for = pairs.filter(|(old, new)| old != new).map(|(old, _)| old.0).collect();
            // Fixed settings stay what they were at the start, and are compared with that again.
            self.serving.fixed = before.fixed;
            reload.generation =
                self.deployer.publish(&self.shared, &mut deployed).unwrap_or(reload.generation);
            if let Some(plane) = &self.plane {
                plane.show_files();
            }
        }
        self.shared.telemetry.reloaded(reload.applied, reload.generation, took);
        (self.report)(Event::Reloaded(&reload));
        if reload.applied {
            return Vec::new();
        }
        reload.findings.into_iter().filter(Finding::is_error).collect()
    }
}

fn difference(before: &BTreeMap<String, u64>, after: &BTreeMap<String, u64>) -> Vec<String> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    names
        .into_iter()
        .filter_map(|name| match (before.get(name), after.get(name)) {
            (None, Some(_)) => Some(format!("{name} (new)")),
            (Some(_), None) => Some(format!("{name} (removed)")),
            (old, new) if old != new => Some(name.clone()),
            _ => None,
        })
        .collect()
}

/// Device, inode, bytes, and seconds and nanoseconds of the last change of a file.
type Look = (u64, u64, u64, i64, i64);

/// Watches the folders that hold what was read.
///
/// Folders, not files: editors and `mv` replace a file by another of the same name.
struct Watch {
    watcher: RecommendedWatcher,
    /// The configuration itself, whatever it held when it was read.
    always: Vec<PathBuf>,
    files: Vec<PathBuf>,
    folders: BTreeSet<PathBuf>,
}

impl Watch {
    fn start(conf: &Path, wake: Sender<Cause>, watched: Vec<PathBuf>) -> io::Result<Self> {
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // Reading a file is an event too; looking for changes must not cause the next look.
            let changed = event.map_or(true, |event| !matches!(event.kind, EventKind::Access(_)));
            if changed {
                // The thread ends only with the process.
                let _ended = wake.send(Cause::File);
            }
        })
        .map_err(io::Error::other)?;
        let mut watch = Self { watcher, always: Vec::new(), files: Vec::new(), folders: BTreeSet::new() };
        let mut watched = watched;
        watched.push(conf.to_path_buf());
        if conf.is_dir() {
            watched.push(conf.join(files::APIS));
        }
        watch.always = watched.clone();
        watch.set(&watched);
        Ok(watch)
    }

    /// What the files look like from outside: identity, size and time of the last change of each.
    fn signature(&self) -> Vec<Option<Look>> {
        let look = |path: &PathBuf| {
            let meta = std::fs::metadata(path).ok()?;
            Some((meta.dev(), meta.ino(), meta.len(), meta.mtime(), meta.mtime_nsec()))
        };
        self.always.iter().chain(&self.files).map(look).collect()
    }

    /// Watches the folders of `watched`, all of them anew: one may have been replaced by another of
    /// the same name.
    fn set(&mut self, watched: &[PathBuf]) {
        self.files = watched.to_vec();
        for folder in std::mem::take(&mut self.folders) {
            // A folder that is gone is watched no more anyway.
            let _gone = self.watcher.unwatch(&folder);
        }
        let folders =
            watched.iter().filter_map(|path| if path.is_dir() { Some(&**path) } else { path.parent() });
        for folder in folders {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            if self.folders.contains(folder) {
                continue;
            }
            match self.watcher.watch(folder, RecursiveMode::NonRecursive) {
                Ok(()) => {
                    self.folders.insert(folder.to_path_buf());
                }
                Err(error) => {
                    tracing::warn!(folder = %folder.display(), %error, "a folder cannot be watched; use SIGHUP");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_named() {
        let map =
            |pairs: &[(&str, u64)]| pairs.iter().map(|(name, hash)| ((*name).to_owned(), *hash)).collect();
        let before = map(&[("a", 1), ("b", 2), ("c", 3)]);
        let after = map(&[("a", 1), ("b", 9), ("d", 4)]);
        assert_eq!(difference(&before, &after), ["b", "c (removed)", "d (new)"]);
    }
}
