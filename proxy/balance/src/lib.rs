//! Which of several targets a call goes to.
//!
//! Pure: no sockets, no clock, no randomness; time comes in as milliseconds of any clock that does not go back, hashes
//! as numbers. A [`Pool`] is shared by all threads and takes no lock.

mod choose;
mod state;
#[cfg(test)]
mod tests;

use choose::Turns;
use state::TargetState;
use std::sync::atomic::Ordering::Relaxed;

/// How a target is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    /// In turn, by weight.
    #[default]
    RoundRobin,
    /// The one with the fewest calls under way for its weight.
    LeastConnections,
    /// By weighted rendezvous hashing: a target that comes or goes moves only its own share of the keys.
    /// Source: Wang, Ravishankar, "A Name-Based Mapping Scheme for Rendezvous" (1996); weights by Schindelhauer and
    /// Schomaker (2005).
    ConsistentHash,
}

/// When targets are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How a target is chosen.
    pub method: Method,
    /// Failures in a row after which a target is left out for a while; 0 for never.
    pub failures: u32,
    /// Time that it is left out, milliseconds.
    pub ejection_ms: u64,
    /// Percent of the targets that may be left out at once.
    pub max_ejected_percent: u8,
    /// Good checks in a row until an unhealthy target is used again.
    pub healthy: u32,
    /// Bad checks in a row until a target is not used.
    pub unhealthy: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            method: Method::default(),
            failures: 5,
            ejection_ms: 30_000,
            max_ejected_percent: 50,
            healthy: 2,
            unhealthy: 3,
        }
    }
}

/// A target to choose from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its share among the targets; 0 counts as 1.
    pub weight: u16,
    /// A hash of its name, so that it keeps its keys whatever place it has.
    pub id: u64,
}

/// Targets with what is known of them.
#[derive(Debug)]
pub struct Pool {
    settings: Settings,
    targets: Box<[Target]>,
    states: Box<[TargetState]>,
    turns: Turns,
}

impl Pool {
    /// A pool in which all targets are healthy.
    pub fn new(targets: Vec<Target>, settings: Settings) -> Self {
        let targets: Box<[Target]> =
            targets.into_iter().map(|target| Target { weight: target.weight.max(1), ..target }).collect();
        let states = targets.iter().map(|_| TargetState::default()).collect();
        let turns = Turns::new(targets.iter().map(|target| target.weight));
        Self { settings, targets, states, turns }
    }

    /// The target for the next call; `key` is what `ConsistentHash` goes by, `tried` are those that have failed this
    /// call already. Where no target can be used all are: a target's own error says more than ours.
    ///
    /// `None` when all were tried.
    pub fn choose(&self, key: u64, tried: &[usize], now_ms: u64) -> Option<usize> {
        let untried = |index: usize| !tried.contains(&index);
        let usable = |index: usize| untried(index) && self.is_up(index, now_ms);
        let turn = self.turns.tick();
        self.choose_among(key, turn, &usable).or_else(|| self.choose_among(key, turn, &untried))
    }

    fn choose_among(&self, key: u64, turn: usize, may: &dyn Fn(usize) -> bool) -> Option<usize> {
        match self.settings.method {
            Method::RoundRobin => self.turns.at(turn, may),
            Method::LeastConnections => choose::least(&self.targets, &|index| self.active(index), turn, may),
            Method::ConsistentHash => choose::rendezvous(&self.targets, key, may),
        }
    }

    /// Whether a call's key means anything.
    pub fn hashes(&self) -> bool {
        self.settings.method == Method::ConsistentHash
    }

    /// How many targets there are.
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    /// Whether there is no target.
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// Whether a target is healthy and not left out.
    pub fn is_up(&self, index: usize, now_ms: u64) -> bool {
        self.states.get(index).is_some_and(|state| state.is_healthy() && !state.is_ejected(now_ms))
    }

    /// Calls of a target under way.
    pub fn active(&self, index: usize) -> usize {
        self.states.get(index).map_or(0, |state| state.active.load(Relaxed))
    }

    /// A call of a target begins. Every one must [`end`](Self::end).
    pub fn begin(&self, index: usize) {
        if let Some(state) = self.states.get(index) {
            state.active.fetch_add(1, Relaxed);
        }
    }

    /// A call of a target is over.
    pub fn end(&self, index: usize) {
        if let Some(state) = self.states.get(index) {
            state.active.fetch_sub(1, Relaxed);
        }
    }

    /// A call of a target went well.
    pub fn succeeded(&self, index: usize) {
        if let Some(state) = self.states.get(index) {
            state.failures.store(0, Relaxed);
        }
    }

    /// A call of a target failed. Returns whether the target is left out from now on.
    pub fn failed(&self, index: usize, now_ms: u64) -> bool {
        let Some(state) = self.states.get(index) else { return false };
        let failures = state.failures.fetch_add(1, Relaxed).saturating_add(1);
        if self.settings.failures == 0 || failures < self.settings.failures || state.is_ejected(now_ms) {
            return false;
        }
        let ejected = self.states.iter().filter(|state| state.is_ejected(now_ms)).count();
        if (ejected + 1) * 100 > self.len() * usize::from(self.settings.max_ejected_percent) {
            return false;
        }
        state.eject(now_ms, self.settings.ejection_ms);
        true
    }

    /// A check of a target went well or badly. Returns whether it is healthy, where that has changed.
    pub fn checked(&self, index: usize, well: bool) -> Option<bool> {
        self.states.get(index)?.checked(well, self.settings.healthy, self.settings.unhealthy)
    }
}
