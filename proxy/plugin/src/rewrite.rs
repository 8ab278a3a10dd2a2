//! Calls of transforms: the two sides of an exchange.

use std::sync::{Arc, Mutex};

use crate::answers::{RequestOutcome, ResponseChanges};
use crate::calling::{Answer, Ask};
use crate::error::PluginError;
use crate::load::Loaded;
use crate::plugin::{Plugin, wrong_answer};
use crate::request::{PluginRequest, PluginResponse};
use crate::warm::Kept;

/// An instance that has seen the request of an exchange, and waits for its answer.
pub struct Waiting {
    /// Never locked: what an exchange holds must be one that threads could share.
    kept: Mutex<Kept>,
    of: Arc<Loaded>,
}

impl std::fmt::Debug for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Waiting").field("plugin", &self.of.name).finish_non_exhaustive()
    }
}

impl Plugin {
    /// Asks a transform what to change of a request.
    ///
    /// # Errors
    /// As [`Plugin::authorize`].
    pub async fn rewrite_request(
        &self,
        request: Arc<dyn PluginRequest>,
    ) -> Result<RequestOutcome, PluginError> {
        match self.ask(request, None, Ask::RewriteRequest).await? {
            Answer::Request(outcome) => RequestOutcome::check(outcome).map_err(PluginError::InvalidResult),
            _ => Err(wrong_answer()),
        }
    }

    /// The same, with the instance for [`Plugin::rewrite_response`] of the same exchange. It takes up memory until it is
    /// dropped, so it is for exchanges whose answer comes at once.
    ///
    /// # Errors
    /// As [`Plugin::authorize`].
    pub async fn rewrite_request_and_wait(
        &self,
        request: Arc<dyn PluginRequest>,
    ) -> Result<(RequestOutcome, Waiting), PluginError> {
        match self.ask_on(None, request, None, Ask::RewriteRequest).await? {
            (Answer::Request(outcome), kept) => {
                let outcome = RequestOutcome::check(outcome).map_err(PluginError::InvalidResult)?;
                Ok((outcome, Waiting { kept: Mutex::new(kept), of: Arc::clone(&self.loaded) }))
            }
            _ => Err(wrong_answer()),
        }
    }

    /// Asks a transform what to change of an answer, the instance that has seen the request where there is one.
    ///
    /// # Errors
    /// As [`Plugin::authorize`].
    pub async fn rewrite_response(
        &self,
        on: Option<Waiting>,
        request: Arc<dyn PluginRequest>,
        response: Arc<dyn PluginResponse>,
    ) -> Result<ResponseChanges, PluginError> {
        // An instance of another version knows other templates.
        let on = on
            .filter(|waiting| Arc::ptr_eq(&waiting.of, &self.loaded))
            .and_then(|waiting| waiting.kept.into_inner().ok());
        let (answer, kept) = self.ask_on(on, request, Some(response), Ask::RewriteResponse).await?;
        self.put_back(kept);
        match answer {
            Answer::Response(changes) => ResponseChanges::check(changes).map_err(PluginError::InvalidResult),
            _ => Err(wrong_answer()),
        }
    }
}
