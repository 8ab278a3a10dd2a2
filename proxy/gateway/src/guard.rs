//! A plugin in use: what happens when it fails, and when it is left alone.

use crate::config::{BodyAccess, OnFailure};
use crate::telemetry::metrics::PluginMetrics;
use edgewit_plugin::{Plugin, PluginError};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Default failures in a row that open a breaker.
pub(crate) const BREAKER_FAILURES: u32 = 20;
/// Default time until a plugin behind an open breaker is tried again.
pub(crate) const BREAKER_OPEN: Duration = Duration::from_secs(5);

/// One plugin of a generation.
#[derive(Debug)]
pub struct PluginEntry {
    /// The version that serves.
    pub plugin: Arc<Plugin>,
    /// The one that served before.
    pub previous: Option<Arc<Plugin>>,
    /// An operator went back from the version before, so it is never asked in the place of this one.
    pub rolled_back: bool,
    /// What happens to a request that it fails.
    pub on_failure: OnFailure,
    /// When it is left alone.
    pub breaker: BreakerSettings,
    /// How much of a request's body it sees.
    pub request_body: BodyAccess,
    /// How much of an answer's body it sees.
    pub response_body: BodyAccess,
    /// Its counters.
    pub metrics: Arc<PluginMetrics>,
}

/// When a breaker opens and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerSettings {
    /// Failures in a row; 0 never opens.
    pub failures: u32,
    /// Time until one request tries again.
    pub open: Duration,
}

/// Counts the failures of one plugin on one route.
#[derive(Debug)]
pub struct Breaker {
    made: Instant,
    in_a_row: AtomicU32,
    /// Milliseconds after `made` at which one request may try again; 0 when closed.
    retry_at: AtomicU64,
}

impl Default for Breaker {
    fn default() -> Self {
        Self { made: Instant::now(), in_a_row: AtomicU32::new(0), retry_at: AtomicU64::new(0) }
    }
}

impl Breaker {
    /// Whether a call may be made. Of all that ask after the time is up, one may.
    pub fn admits(&self, settings: BreakerSettings, now: Instant) -> bool {
        let retry_at = self.retry_at.load(Ordering::Relaxed);
        if retry_at == 0 {
            return true;
        }
        let now = self.since(now);
        if now < retry_at {
            return false;
        }
        let next = now + millis(settings.open);
        self.retry_at.compare_exchange(retry_at, next, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// A call went well: the breaker closes.
    pub fn succeeded(&self) {
        if self.in_a_row.load(Ordering::Relaxed) > 0 {
            self.in_a_row.store(0, Ordering::Relaxed);
            self.retry_at.store(0, Ordering::Relaxed);
        }
    }

    /// A call failed; whether that opened the breaker.
    pub fn failed(&self, settings: BreakerSettings, now: Instant) -> bool {
        let failures = self.in_a_row.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        if settings.failures == 0 || failures < settings.failures {
            return false;
        }
        self.retry_at.swap(self.since(now) + millis(settings.open), Ordering::Relaxed) == 0
    }

    fn since(&self, now: Instant) -> u64 {
        millis(now.saturating_duration_since(self.made))
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1)
}

/// What came of a call that was guarded.
pub enum Guarded<T> {
    /// The plugin's answer.
    Answered(T),
    /// It failed, and the request goes on without it.
    PassedOver,
    /// It failed, and so does the request. `None`: it was not called.
    Failed(Option<PluginError>),
}

impl PluginEntry {
    /// No body has to be read for it, of requests and of answers.
    pub(crate) fn sees_no_body(&self) -> bool {
        (self.request_body, self.response_body) == (BodyAccess::None, BodyAccess::None)
    }

    /// Calls the plugin under its breaker, and does what is declared for failures.
    pub async fn call<T, F>(
        &self,
        breaker: &Breaker,
        request_id: &str,
        mut ask: impl FnMut(Arc<Plugin>) -> F,
    ) -> Guarded<T>
    where
        F: Future<Output = Result<T, PluginError>>,
    {
        let failure = if breaker.admits(self.breaker, Instant::now()) {
            self.metrics.called();
            match ask(Arc::clone(&self.plugin)).await {
                Ok(answer) => {
                    breaker.succeeded();
                    return Guarded::Answered(answer);
                }
                Err(error) => {
                    let plugin = self.plugin.name();
                    self.metrics.failed(error.kind());
                    tracing::warn!(plugin, request = request_id, kind = error.kind(), %error, "a plugin failed");
                    // A node that is too busy says nothing about the plugin.
                    let counts = !matches!(error, PluginError::PoolExhausted { .. });
                    if counts && breaker.failed(self.breaker, Instant::now()) {
                        self.metrics.opened();
                        let failures = self.breaker.failures;
                        tracing::error!(
                            plugin,
                            failures,
                            "a plugin keeps failing and is left alone for a while"
                        );
                    }
                    Some(error)
                }
            }
        } else {
            self.metrics.failed("breaker_open");
            None
        };
        match (self.on_failure, &self.previous) {
            (OnFailure::Allow, _) => Guarded::PassedOver,
            (OnFailure::Previous, Some(previous)) if !self.rolled_back => {
                match ask(Arc::clone(previous)).await {
                    Ok(answer) => Guarded::Answered(answer),
                    Err(error) => {
                        self.metrics.failed(error.kind());
                        tracing::warn!(plugin = previous.name(), request = request_id, %error, "its previous version failed too");
                        Guarded::Failed(Some(error))
                    }
                }
            }
            (OnFailure::Deny | OnFailure::Previous, _) => Guarded::Failed(failure),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: BreakerSettings = BreakerSettings { failures: 3, open: Duration::from_millis(100) };

    #[test]
    fn a_breaker_opens_at_its_limit_and_lets_one_request_try() {
        let breaker = Breaker::default();
        let now = Instant::now();
        assert!(!breaker.failed(SETTINGS, now) && !breaker.failed(SETTINGS, now));
        assert!(breaker.admits(SETTINGS, now), "two failures are not three");
        assert!(breaker.failed(SETTINGS, now), "the third opens it");
        assert!(!breaker.admits(SETTINGS, now));
        let later = now + Duration::from_millis(150);
        assert!(breaker.admits(SETTINGS, later), "one may try");
        assert!(!breaker.admits(SETTINGS, later), "and only one");
        assert!(!breaker.failed(SETTINGS, later), "it was open already");
        let much_later = later + Duration::from_millis(150);
        assert!(breaker.admits(SETTINGS, much_later));
        breaker.succeeded();
        assert!(breaker.admits(SETTINGS, much_later) && breaker.admits(SETTINGS, much_later));
    }

    #[test]
    fn without_a_limit_it_never_opens() {
        let breaker = Breaker::default();
        let never = BreakerSettings { failures: 0, ..SETTINGS };
        for _ in 0..100 {
            assert!(!breaker.failed(never, Instant::now()));
        }
        assert!(breaker.admits(never, Instant::now()));
    }
}
