//! One request with its response as it moves through the pipeline.

use crate::execution_log::ExecutionLog;
use crate::generation::{RouteRuntime, StageRuntime};
use crate::identity::RequestIds;
use edgewit_model::api::Verb;
use edgewit_model::gateway_response::GatewayResponseType;
use edgewit_plan::plan::Route;
use edgewit_plan::router::Match;
use edgewit_plugin::{Caller, RequestChanges, Waiting};
use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// The stage that test invocations report.
pub(crate) const TRIAL_STAGE: &str = "test-invoke-stage";

/// What the pipeline knows about a request, filled in stage by stage.
#[derive(Debug)]
pub struct Exchange {
    /// When the request's header had arrived.
    pub started: Instant,
    /// Identifiers of the request.
    pub ids: RequestIds,
    /// The client sent an identifier that is no UUID.
    pub id_replaced: bool,
    /// The client's address.
    pub client: IpAddr,
    /// The port that the client came to.
    pub local_port: u16,
    /// Where the request goes, once the domain stage has found it.
    pub place: Option<Place>,
    /// The route, once the route stage has found it.
    pub found: Option<Match>,
    /// Method after `X-HTTP-Method-Override`.
    pub verb: Option<Verb>,
    /// What the authorizer said.
    pub authorizer: AuthorizerRecord,
    /// What the integration did.
    pub integration: IntegrationRecord,
    /// Why the gateway itself answers.
    pub refusal: Option<Refusal>,
    /// The status sent to the client; 0 before that.
    pub status: u16,
    /// What is written to the backend by Pingora, for requests that it proxies.
    pub relay: Option<crate::pipeline::integrate::Relay>,
    /// What a transform wants changed of what is sent to the integration.
    pub changes: Option<Box<RequestChanges>>,
    /// The mapping template that a transform is asked to render.
    pub template: Option<u32>,
    /// What the request's side of a transform has left for the answer's.
    pub handed_on: Option<Vec<u8>>,
    /// The instance of a transform that waits for the answer.
    pub waiting: Option<Box<Waiting>>,
    /// Bytes of the request body that have passed.
    pub body_bytes: u64,
    /// `X-Amzn-Trace-Id`, once it was needed.
    pub trace: Option<String>,
    /// What is written down of it, where somebody wants to read that.
    pub(crate) log: Option<Arc<ExecutionLog>>,
    /// A test invocation: nobody is authorized or counted, and there is no client.
    pub trial: bool,
}

/// The stage that a request reached, and its paths.
#[derive(Debug)]
pub struct Place {
    /// The deployed stage.
    pub stage: Arc<StageRuntime>,
    /// Path with the stage, as in `$context.path`; percent-encoded, no query.
    pub path: String,
    /// Where the path after the stage begins in [`Place::path`].
    pub resource_start: usize,
}

/// The authorizer's part of a request.
#[derive(Debug, Default)]
pub struct AuthorizerRecord {
    /// Who is calling, when it was let in.
    pub caller: Option<Arc<Caller>>,
    /// Time the authorizer took; `None` when it was not called.
    pub latency: Option<Duration>,
    /// Status for the access log: 200, 401, 403 or 500.
    pub status: Option<u16>,
    /// What went wrong, for the access log.
    pub error: Option<String>,
}

/// The integration's part of a request.
#[derive(Debug, Default)]
pub struct IntegrationRecord {
    /// When the request was relayed.
    pub started: Option<Instant>,
    /// From relaying to the answer's header.
    pub latency: Option<Duration>,
    /// Status of the backend.
    pub status: Option<u16>,
    /// What went wrong, for the access log.
    pub error: Option<Cow<'static, str>>,
}

/// A request that the gateway answers itself.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// Type of the gateway response.
    pub kind: GatewayResponseType,
    /// Status, where the failure has one of its own; a configured status wins.
    pub status: Option<u16>,
    /// Text of `$context.error.message`; `None` prints `null`.
    pub message: Option<Cow<'static, str>>,
    /// `x-amzn-ErrorType`.
    pub error_type: &'static str,
    /// `$context.error.validationErrorString`.
    pub validation: Option<String>,
    /// What the execution log says about it.
    pub because: Option<Cow<'static, str>>,
}

impl Exchange {
    /// A request that has just arrived.
    pub fn new() -> Self {
        Self::from_parts(RequestIds::generate(SystemTime::now()))
    }

    /// Stands in for a request that is elsewhere for a moment; nothing is made up for it.
    pub(crate) fn vacant() -> Self {
        Self::from_parts(RequestIds::blank())
    }

    fn from_parts(ids: RequestIds) -> Self {
        Self {
            started: Instant::now(),
            ids,
            id_replaced: false,
            client: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            local_port: 0,
            place: None,
            found: None,
            verb: None,
            authorizer: AuthorizerRecord::default(),
            integration: IntegrationRecord::default(),
            refusal: None,
            status: 0,
            relay: None,
            changes: None,
            template: None,
            handed_on: None,
            waiting: None,
            body_bytes: 0,
            trace: None,
            log: None,
            trial: false,
        }
    }

    /// The deployed stage.
    pub fn stage(&self) -> Option<&Arc<StageRuntime>> {
        self.place.as_ref().map(|place| &place.stage)
    }

    /// The stage's name as mappings, functions and components see it.
    pub fn stage_name(&self) -> &str {
        if self.trial { TRIAL_STAGE } else { self.stage().map_or("", |stage| &stage.plan.stage) }
    }

    /// The route.
    pub fn route(&self) -> Option<&Route> {
        self.stage()?.plan.routes.get(self.found?.route)
    }

    /// What the route needs at run time.
    pub fn route_runtime(&self) -> Option<&RouteRuntime> {
        self.stage()?.routes.get(self.found?.route)
    }

    /// The path after the stage.
    pub fn resource_path(&self) -> &str {
        self.place.as_ref().map_or("", |place| &place.path[place.resource_start..])
    }

    /// The method's ARN with the concrete path:
    /// `arn:aws:execute-api:{region}:{account}:{api}/{stage}/{METHOD}/{path}`.
    pub fn method_arn(&self, method: &str) -> String {
        let Some(place) = &self.place else { return String::new() };
        let plan = &place.stage.plan;
        let path = self.resource_path();
        // As the router reads it: slashes before the first segment count for nothing, so they must
        // not make a different resource of it for a policy.
        let path = path.trim_start_matches('/');
        let (region, account, api, stage) = (&plan.region, &plan.account_id, &plan.api_id, self.stage_name());
        format!("arn:aws:execute-api:{region}:{account}:{api}/{stage}/{method}/{path}")
    }

    /// The trace id for the backend, made once.
    pub fn trace_id(&mut self, client: Option<&str>) -> &str {
        let epoch_ms = self.ids.epoch_ms;
        self.trace.get_or_insert_with(|| crate::identity::trace_id(client, epoch_ms))
    }
}

impl Refusal {
    /// An answer of type `kind` with the type's own status.
    pub fn new(
        kind: GatewayResponseType,
        message: impl Into<Cow<'static, str>>,
        error_type: &'static str,
    ) -> Self {
        Self {
            kind,
            status: None,
            message: Some(message.into()),
            error_type,
            validation: None,
            because: None,
        }
    }

    /// The same with a status of its own.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// The same with a line for the execution log.
    #[must_use]
    pub fn because(mut self, line: impl Into<Cow<'static, str>>) -> Self {
        self.because = Some(line.into());
        self
    }

    /// 500 for something that is wrong in the API's definition or its backend's address.
    pub fn configuration() -> Self {
        Self::new(
            GatewayResponseType::API_CONFIGURATION_ERROR,
            "Internal server error",
            "InternalServerErrorException",
        )
    }

    /// 500 for a mapping that failed.
    pub fn internal() -> Self {
        Self::new(GatewayResponseType::DEFAULT_5XX, "Internal server error", "InternalServerErrorException")
            .with_status(500)
    }

    /// 503 for a node that has too much to do. May be tried again.
    pub fn busy() -> Self {
        Self::new(GatewayResponseType::DEFAULT_5XX, "Service Unavailable", "ServiceUnavailableException")
            .with_status(503)
    }

    /// 500 for a response mapping that meets a body it cannot read.
    pub fn mapping_failed() -> Self {
        Self { error_type: "InternalFailureException", ..Self::internal() }
    }

    /// 403 `Forbidden`, for a stage that is not there or not to be reached this way.
    pub fn forbidden() -> Self {
        Self::new(GatewayResponseType::DEFAULT_4XX, "Forbidden", "ForbiddenException").with_status(403)
    }

    /// 413 for a body that is too large.
    pub fn too_large(limit: u64) -> Self {
        Self::new(
            GatewayResponseType::REQUEST_TOO_LARGE,
            format!("HTTP content length exceeded {limit} bytes"),
            "RequestTooLargeException",
        )
    }
}
