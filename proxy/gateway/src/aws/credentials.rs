//! Credentials: found as AWS tools find them, kept, and fetched anew before they end.

use arc_swap::ArcSwapOption;
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
use tokio::sync::OnceCell;

/// Time before their end at which credentials are fetched anew; `docs/aws-services.md` names it.
const BEFORE_END: Duration = Duration::from_secs(300);
/// Age at which credentials without an end are looked for anew: somebody may have changed a profile.
const LOOK_AGAIN: Duration = Duration::from_secs(300);
/// Time that finding credentials may take.
const FETCH_TIMEOUT: Duration = Duration::from_secs(15);
/// Time for which a failure is not tried again.
const AFTER_FAILURE: Duration = Duration::from_secs(5);
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
    finder: OnceCell<SharedCredentialsProvider>,
    held: ArcSwapOption<Held>,
    fetching: tokio::sync::Mutex<()>,
    failed: Mutex<Option<(Instant, Arc<str>)>>,
}

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
        Self {
            source,
            finder: OnceCell::new(),
            held: ArcSwapOption::new(held),
            fetching: tokio::sync::Mutex::new(()),
            failed: Mutex::default(),
        }
    }

    /// The credentials now. Waits only where there are none.
    ///
    /// # Errors
    /// Why there are none. May be tried again.
    pub(crate) async fn current(self: &Arc<Self>) -> Result<Arc<Credentials>, Arc<str>> {
        let now = SystemTime::now();
        let usable = |held: &Held| held.end.is_none_or(|end| now < end);
        if let Some(held) = self.held.load_full().filter(|held| usable(held)) {
            if held.renew.is_some_and(|renew| renew <= now) {
                self.renew_in_background();
            }
            return Ok(Arc::clone(&held.credentials));
        }
        let _one_at_a_time = self.fetching.lock().await;
        if let Some(held) = self.held.load_full().filter(|held| usable(held)) {
            return Ok(Arc::clone(&held.credentials));
        }
        if let Some((at, why)) = &*self.failed.lock()
            && at.elapsed() < AFTER_FAILURE
        {
            return Err(Arc::clone(why));
        }
        self.fetch().await
    }

    fn renew_in_background(self: &Arc<Self>) {
        let recently = self.failed.lock().as_ref().is_some_and(|(at, _)| at.elapsed() < AFTER_FAILURE);
        if recently || self.fetching.try_lock().is_err() {
            return;
        }
        let this = Arc::clone(self);
        tokio::spawn(async move {
            if let Ok(_one_at_a_time) = this.fetching.try_lock() {
                // The failure is logged, and the old ones serve on.
                let _fetched = this.fetch().await;
            }
        });
    }

    async fn fetch(&self) -> Result<Arc<Credentials>, Arc<str>> {
        let found = tokio::time::timeout(FETCH_TIMEOUT, self.find()).await;
        let found = found.unwrap_or_else(|_late| Err(format!("nothing was found within {FETCH_TIMEOUT:?}")));
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
        let finder = self.finder.get_or_try_init(|| Box::pin(finder(&self.source))).await?;
        let found = finder.provide_credentials().await.map_err(|error| describe(&error))?;
        let (id, secret) = (found.access_key_id(), found.secret_access_key());
        let credentials = Credentials::new(id, secret, found.session_token());
        let end = found.expiry();
        let renew = end.map_or_else(|| SystemTime::now() + LOOK_AGAIN, |end| end - BEFORE_END);
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
        Source::Chain { region } => sdk(region, None).await.credentials_provider().ok_or_else(none),
        Source::Profile { name, region } => {
            sdk(region, Some(name)).await.credentials_provider().ok_or_else(none)
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

async fn sdk(region: &str, profile: Option<&str>) -> SdkConfig {
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http_client())
        .region(Region::new(region.to_owned()));
    if let Some(profile) = profile {
        loader = loader.profile_name(profile);
    }
    loader.load().await
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
