//! What an operation answers.

use bytes::Bytes;
use serde_json::Value;

/// What an operation answers.
#[derive(Debug)]
pub enum Answer {
    /// JSON, with the status of the operation.
    Json(Value),
    /// No body, with the status of the operation.
    Empty,
    /// A file: exports and SDKs.
    File {
        /// `Content-Type`.
        content_type: String,
        /// `Content-Disposition`.
        disposition: String,
        /// The file.
        body: Bytes,
    },
    /// The node runs a request, and answers with what came of it.
    Trial(Box<Trial>),
}

/// What the node runs for `TestInvokeMethod` and `TestInvokeAuthorizer`.
#[derive(Debug)]
pub struct Trial {
    /// Id of the API, as it is now and not as it is deployed.
    pub rest_api_id: String,
    /// What of it.
    pub target: TrialTarget,
    /// `pathWithQueryString`.
    pub path_with_query: Option<String>,
    /// `body`.
    pub body: Option<String>,
    /// Header lines, from `multiValueHeaders` and `headers`.
    pub headers: Vec<(String, String)>,
    /// `stageVariables`.
    pub stage_variables: Vec<(String, String)>,
    /// `clientCertificateId`; one that is there.
    pub client_certificate_id: Option<String>,
}

/// What a [`Trial`] runs.
#[derive(Debug)]
pub enum TrialTarget {
    /// A method.
    Method {
        /// Full path of the resource, e.g. `/pets/{id}`.
        resource: String,
        /// E.g. `GET`, or `ANY`.
        http_method: String,
    },
    /// An authorizer.
    Authorizer {
        /// Name of the authorizer.
        name: String,
        /// `additionalContext`.
        additional_context: Vec<(String, String)>,
    },
}
