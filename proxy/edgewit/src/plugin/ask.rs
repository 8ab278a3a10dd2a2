//! Asking a plugin one thing, whatever its world.

use super::made_up::{MadeUp, MadeUpAnswer};
use bytes::Bytes;
use edgewit_plugin::{
    Decision, Event, FunctionFailure, InspectFinding, InspectVerdict, Plugin, PluginError, PluginRequest,
    PluginResponse, RequestOutcome, ResponseChanges, World,
};
use std::sync::Arc;

/// What a plugin is asked.
#[derive(Clone, Debug)]
pub(crate) enum Question {
    Authorize(Arc<MadeUp>),
    RewriteRequest(Arc<MadeUp>),
    RewriteResponse(Arc<MadeUp>, Arc<MadeUpAnswer>),
    /// The head, and then the body if the plugin wants it and the flag says so.
    Inspect(Arc<MadeUp>, bool),
    Handle(Arc<MadeUp>, Event),
    Serve(Arc<MadeUp>),
}

/// What it answers.
pub(crate) enum Reply {
    Decision(Decision),
    Request(RequestOutcome),
    Response(ResponseChanges),
    Finding(InspectFinding),
    Json(Result<String, FunctionFailure>),
    Http(http::Response<Bytes>),
}

impl Question {
    /// The world that answers it.
    pub(crate) fn world(&self) -> World {
        match self {
            Self::Authorize(_) => World::Authorizer,
            Self::RewriteRequest(_) | Self::RewriteResponse(..) => World::Transform,
            Self::Inspect(..) => World::Firewall,
            Self::Handle(..) => World::Function,
            Self::Serve(_) => World::Http,
        }
    }

    /// The function that is called.
    pub(crate) fn function(&self) -> &'static str {
        match self {
            Self::Authorize(_) => "authorize",
            Self::RewriteRequest(_) => "rewrite-request",
            Self::RewriteResponse(..) => "rewrite-response",
            Self::Inspect(..) => "inspect-head",
            Self::Handle(..) | Self::Serve(_) => "handle",
        }
    }

    /// Asks. To be called on a runtime.
    ///
    /// # Errors
    /// When the plugin fails.
    pub(crate) async fn ask(&self, plugin: &Plugin) -> Result<Reply, PluginError> {
        let view = |request: &Arc<MadeUp>| Arc::clone(request) as Arc<dyn PluginRequest>;
        match self {
            Self::Authorize(request) => plugin.authorize(view(request)).await.map(Reply::Decision),
            Self::RewriteRequest(request) => plugin.rewrite_request(view(request)).await.map(Reply::Request),
            Self::RewriteResponse(request, answer) => {
                let answer = Arc::clone(answer) as Arc<dyn PluginResponse>;
                plugin.rewrite_response(None, view(request), answer).await.map(Reply::Response)
            }
            Self::Inspect(request, with_body) => {
                let head = plugin.inspect_head(view(request)).await?;
                if head.verdict != InspectVerdict::ReadBody || !with_body {
                    return Ok(Reply::Finding(head));
                }
                let (bytes, whole) = request.body.clone().unwrap_or((Vec::new(), true));
                let mut finding = plugin.inspect_body(view(request), bytes, whole).await?;
                finding.labels = [head.labels, finding.labels].concat();
                Ok(Reply::Finding(finding))
            }
            Self::Handle(request, event) => plugin.handle(view(request), event).await.map(Reply::Json),
            Self::Serve(request) => {
                let message = message(request).map_err(PluginError::InvalidResult)?;
                plugin.serve(view(request), message).await.map(Reply::Http)
            }
        }
    }
}

/// The request as an HTTP message.
pub(crate) fn message(request: &MadeUp) -> Result<http::Request<Bytes>, String> {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    let query: Vec<String> = request
        .query
        .iter()
        .map(|(name, value)| {
            let [name, value] = [name, value].map(|text| utf8_percent_encode(text, NON_ALPHANUMERIC));
            format!("{name}={value}")
        })
        .collect();
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    let host = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("host"));
    let host = host.map_or("madeup.localhost", |(_, host)| host.as_str());
    let mut builder = http::Request::builder()
        .method(request.method.as_str())
        .uri(format!("http://{host}{}{query}", request.path));
    for (name, value) in request.headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("host")) {
        builder = builder.header(name, value);
    }
    let body = request.body.as_ref().map(|(bytes, _)| Bytes::from(bytes.clone())).unwrap_or_default();
    builder.body(body).map_err(|error| format!("the request is no HTTP: {error}"))
}

/// An event for a function, by a name that says it is made up.
pub(crate) fn event(json: String) -> Event {
    Event {
        json,
        function_name: "made-up".to_owned(),
        function_arn: "arn:aws:lambda:us-east-1:000000000000:function:made-up".to_owned(),
    }
}
