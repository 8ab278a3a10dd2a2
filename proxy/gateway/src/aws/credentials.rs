//! Credentials: found as AWS tools find them, kept, and fetched anew before they end.

use arc_swap::ArcSwapOption;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_http_client::tls::Provider as Tls;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use edgewit_sigv4::Credentials;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::watch;

/// Time before their end at which credentials are fetched anew; `docs/aws-services.md` names it.
const BEFORE_END: Duration = Duration::from_secs(300);
/// Age at which credentials without an end are looked for anew: somebody may have changed a profile.
const LOOK_AGAIN: Duration = Duration::from_secs(300);
/// Time that finding credentials may take.
const FETCH_TIMEOUT: Duration = Duration::from_secs(15);
/// Time for which a failure is not tried again, and for which credentials are not fetched anew, however soon they end.
const BETWEEN_FETCHES: Duration = Duration::from_secs(5);
/// `RoleSessionName` of assumed roles, which shows in audit logs.
const SESSION_NAME: &str = "edgewit";

/// Where credentials come from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    /// They are configured.
    Key {
        /// Access key id.
        access_key_id: String,
        /// Secret access key.
        secret_access_key: Hidden,
        /// Session token.
        session_token: Option<Hidden>,
    },
    /// As AWS tools find them.
    Chain {
        /// Region of what is asked.
        region: String,
    },
    /// A profile in the files of AWS tools.
    Profile {
        /// Its name.
        name: String,
        /// Region of what is asked.
        region: String,
    },
    /// A role that is assumed.
    Role {
        /// Its ARN.
        arn: String,
        /// Region of what is asked.
        region: String,
        /// Origin of the token service, where it is not AWS's.
        endpoint: Option<String>,
        /// With these credentials.
        by: Box<Source>,
    },
}

/// A text that is not shown.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Hidden(pub(crate) String);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden")
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key { access_key_id, .. } => write!(f, "the access key {access_key_id}"),
            Self::Chain { .. } => f.write_str("the node"),
            Self::Profile { name, .. } => write!(f, "the profile `{name}`"),
            Self::Role { arn, .. } => write!(f, "the role {arn}"),
        }
    }
}

/// All credentials of a node. They outlive generations, so that a reload fetches nothing anew.
#[derive(Debug, Default)]
pub(crate) struct Providers(Mutex<HashMap<Source, Weak<Provider>>>);

impl Providers {
    /// The credentials from `source`.
    pub(crate) fn of(&self, source: Source) -> Arc<Provider> {
        let mut known = self.0.lock();
        if let Some(provider) = known.get(&source).and_then(Weak::upgrade) {
            return provider;
        }
        known.retain(|_, provider| provider.strong_count() > 0);
        let provider = Arc::new(Provider::new(source.clone()));
        known.insert(source, Arc::downgrade(&provider));
        provider
    }
}

/// Credentials from one source.
pub(crate) struct Provider {
    source: Source,
    held: ArcSwapOption<Held>,
    /// The fetch that runs; requests wait for what it brings.
    fetching: Mutex<Option<watch::Receiver<Option<Fetched>>>>,
    failed: Mutex<Option<(Instant, Arc<str>)>>,
}

/// What a fetch brings.
type Fetched = Result<Arc<Credentials>, Arc<str>>;

struct Held {
    credentials: Arc<Credentials>,
    /// When others are to be fetched; these serve on until they end.
    renew: Option<SystemTime>,
    end: Option<SystemTime>,
}

impl Provider {
    fn new(source: Source) -> Self {
        let held = match &source {
            Source::Key { access_key_id, secret_access_key, session_token } => {
                let token = session_token.as_ref().map(|token| &*token.0);
                let credentials = Credentials::new(access_key_id, &secret_access_key.0, token);
                Some(Arc::new(Held { credentials: Arc::new(credentials), renew: None, end: None }))
            }
            _ => None,
        };
        Self { source, held: ArcSwapOption::new(held), fetching: Mutex::default(), failed: Mutex::default() }
    }

    /// The credentials now. Waits only where there are none; dropping the future ends no search.
    ///
    /// # Errors
    /// Why there are none. May be tried again.
    pub(crate) async fn current(self: &Arc<Self>) -> Fetched {
        let now = SystemTime::now();
        if let Some(held) = self.held.load_full().filter(|held| held.end.is_none_or(|end| now < end)) {
            if held.renew.is_some_and(|renew| renew <= now) && self.failed_recently().is_none() {
                drop(self.fetch());
            }
            return Ok(Arc::clone(&held.credentials));
        }
        if let Some(why) = self.failed_recently() {
            return Err(why);
        }
        let mut fetched = self.fetch();
        match fetched.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(fetched)) => fetched.clone(),
            _ => Err("the search for credentials was given up".into()),
        }
    }

    fn failed_recently(&self) -> Option<Arc<str>> {
        let failed = self.failed.lock();
        failed.as_ref().filter(|(at, _)| at.elapsed() < BETWEEN_FETCHES).map(|(_, why)| Arc::clone(why))
    }

    /// Has credentials fetched, by a task of its own: the request that needs them first may be given up before they are
    /// there, and others wait for them too.
    fn fetch(self: &Arc<Self>) -> watch::Receiver<Option<Fetched>> {
        let mut fetching = self.fetching.lock();
        if let Some(running) = &*fetching {
            return running.clone();
        }
        let (done, fetched) = watch::channel(None);
        *fetching = Some(fetched.clone());
        let this = Arc::clone(self);
        tokio::spawn(async move {
            let found = tokio::time::timeout(FETCH_TIMEOUT, this.find()).await;
            let found =
                found.unwrap_or_else(|_late| Err(format!("nothing was found within {FETCH_TIMEOUT:?}")));
            let fetched = this.keep(found);
            *this.fetching.lock() = None;
            done.send_replace(Some(fetched));
        });
        fetched
    }

    fn keep(&self, found: Result<Held, String>) -> Fetched {
        match found {
            Ok(held) => {
                let credentials = Arc::clone(&held.credentials);
                self.held.store(Some(Arc::new(held)));
                *self.failed.lock() = None;
                Ok(credentials)
            }
            Err(why) => {
                let why: Arc<str> = format!("no credentials for {}: {why}", self.source).into();
                tracing::warn!("{why}");
                *self.failed.lock() = Some((Instant::now(), Arc::clone(&why)));
                Err(why)
            }
        }
    }

    async fn find(&self) -> Result<Held, String> {
        // A finder keeps what it has read from files, so each search has one of its own.
        let finder = Box::pin(finder(&self.source)).await?;
        let found = finder.provide_credentials().await.map_err(|error| describe(&error))?;
        let (id, secret) = (found.access_key_id(), found.secret_access_key());
        let credentials = Credentials::new(id, secret, found.session_token());
        let (now, end) = (SystemTime::now(), found.expiry());
        // What is asked may be down, and say again what it said last.
        if end.is_some_and(|end| end <= now) {
            return Err("what was found has ended already".to_owned());
        }
        let renew = end.map_or(now + LOOK_AGAIN, |end| (end - BEFORE_END).max(now + BETWEEN_FETCHES));
        Ok(Held { credentials: Arc::new(credentials), renew: Some(renew), end })
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider").field("source", &self.source).finish_non_exhaustive()
    }
}

/// What finds credentials again and again.
async fn finder(source: &Source) -> Result<SharedCredentialsProvider, String> {
    let none = || "AWS tools find none".to_owned();
    match source {
        Source::Key { access_key_id, secret_access_key, session_token } => {
            let token = session_token.as_ref().map(|token| token.0.clone());
            let (id, secret) = (access_key_id.clone(), secret_access_key.0.clone());
            let credentials = aws_credential_types::Credentials::new(id, secret, token, None, "edgewit.yaml");
            Ok(SharedCredentialsProvider::new(credentials))
        }
        Source::Chain { region } => {
            let loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http_client());
            let config = loader.region(Region::new(region.clone())).load().await;
            config.credentials_provider().ok_or_else(none)
        }
        Source::Profile { name, region } => {
            let config = ProviderConfig::without_region()
                .with_region(Some(Region::new(region.clone())))
                .with_http_client(http_client());
            // This profile and nothing else, whatever the environment says.
            let profile = ProfileFileCredentialsProvider::builder().profile_name(name).configure(&config);
            Ok(SharedCredentialsProvider::new(profile.build()))
        }
        Source::Role { arn, region, endpoint, by } => {
            let base = Box::pin(finder(by)).await?;
            let mut config = SdkConfig::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(Region::new(region.clone()))
                .http_client(http_client())
                .sleep_impl(aws_smithy_async::rt::sleep::TokioSleep::new())
                .time_source(aws_smithy_async::time::SystemTimeSource::new());
            config.set_endpoint_url(endpoint.clone());
            let role = AssumeRoleProvider::builder(arn)
                .session_name(SESSION_NAME)
                .configure(&config.build())
                .build_from_provider(base)
                .await;
            Ok(SharedCredentialsProvider::new(role))
        }
    }
}

fn http_client() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new().tls_provider(Tls::Rustls(CryptoMode::Ring)).build_https()
}

/// An error with its causes, in one line.
fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    fn held(end: Option<SystemTime>, renew: Option<SystemTime>) -> Held {
        Held { credentials: Arc::new(Credentials::new("AKID", "secret", None)), renew, end }
    }

    /// A profile in files that do not exist.
    fn nowhere() -> Arc<Provider> {
        Arc::new(Provider::new(Source::Profile { name: "edgewit-none".to_owned(), region: "r".to_owned() }))
    }

    #[tokio::test]
    async fn credentials_that_were_found_serve_until_they_end() {
        let provider = nowhere();
        let now = SystemTime::now();
        provider.held.store(Some(Arc::new(held(Some(now + Duration::from_secs(60)), Some(now)))));
        assert_eq!(provider.current().await.unwrap().access_key_id(), "AKID");
        provider.held.store(Some(Arc::new(held(Some(now), None))));
        assert!(provider.current().await.is_err());
    }

    #[tokio::test]
    async fn a_failure_is_told_and_not_repeated_at_once() {
        let provider = nowhere();
        let first = provider.current().await.unwrap_err();
        assert!(first.starts_with("no credentials for the profile `edgewit-none`: "), "{first}");
        let again = provider.current().await.unwrap_err();
        assert!(Arc::ptr_eq(&first, &again), "the second was not searched for");
    }

    #[tokio::test]
    async fn a_search_outlives_the_request_that_began_it() {
        let provider = nowhere();
        let mut given_up = Box::pin(provider.current());
        assert!(futures_poll_once(given_up.as_mut()).await.is_none());
        drop(given_up);
        let mut fetched = provider.fetch();
        assert!(fetched.wait_for(Option::is_some).await.is_ok());
        assert!(provider.failed_recently().is_some());
    }

    async fn futures_poll_once<F: Future + Unpin>(future: F) -> Option<F::Output> {
        let mut future = future;
        std::future::poll_fn(|context| {
            std::task::Poll::Ready(match std::pin::Pin::new(&mut future).poll(context) {
                std::task::Poll::Ready(output) => Some(output),
                std::task::Poll::Pending => None,
            })
        })
        .await
    }

    #[test]
    fn nothing_secret_is_shown() {
        let source = Source::Key {
            access_key_id: "AKID".to_owned(),
            secret_access_key: Hidden("hush".to_owned()),
            session_token: Some(Hidden("hush".to_owned())),
        };
        let provider = Provider::new(source.clone());
        assert!(!format!("{source:?} {source} {provider:?}").contains("hush"));
    }
}
