//! What an event is made of.

use crate::Context;
use std::fmt;

/// A request as it is told to a function.
///
/// `resource`, `httpMethod`, and all of `requestContext` but the authorizer's own entries come from [`Context`].
pub trait EventSource: Context {
    /// The path without the stage, percent-encoded as it was sent; with the base path of a custom domain.
    fn path(&self) -> &str;

    /// Every header line of the client in order of arrival: the name as it was spelled, and the value.
    ///
    /// There is a `Host`, also where the client sent `:authority`. Headers that functions do not see may be among
    /// them and are left out here.
    fn headers<'a>(&'a self, each: &mut dyn FnMut(&'a [u8], &'a [u8]));

    /// What the gateway itself says about the request in headers; nothing where no client sent it.
    fn forwarded(&self) -> Option<Forwarded<'_>>;

    /// The query string without `?`, as it was sent; empty when there is none.
    fn raw_query(&self) -> &str;

    /// Every path parameter: its name, and its value percent-encoded as it was routed.
    fn path_parameters(&self, each: &mut dyn FnMut(&str, &str));

    /// Every variable of the stage.
    fn stage_variables(&self, each: &mut dyn FnMut(&str, &str));

    /// What kind of authorizer let the request through.
    fn authorized_by(&self) -> AuthorizedBy;

    /// Every entry of the `context` that a Lambda authorizer returned, or every claim; names differ.
    fn authorizer_entries(&self, each: &mut dyn FnMut(&str, &dyn fmt::Display));

    /// The body as it arrived. `None` counts as empty.
    fn body(&self) -> Option<&[u8]>;

    /// Whether the request's `Content-Type` is one of the API's `binaryMediaTypes`; see
    /// [`crate::media_type::BinaryMediaTypes`].
    fn body_is_binary(&self) -> bool;
}

/// What the gateway itself says about a request in headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forwarded<'a> {
    /// `http` or `https`, as the client came.
    pub protocol: &'a str,
    /// The port that the client came to.
    pub port: u16,
    /// The value of `X-Amzn-Trace-Id`.
    pub trace_id: Option<&'a str>,
}

/// What kind of authorizer let a request through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthorizedBy {
    /// None, or one that leaves nothing in the event, such as `AWS_IAM`, which leaves an identity.
    Nobody {
        /// Whether the method's authorization is `AWS_IAM`.
        iam: bool,
    },
    /// A Lambda authorizer, or a component in its place: its principal is
    /// [`crate::ContextVariable::AuthorizerPrincipalId`].
    Lambda,
    /// A user pool or another issuer of tokens: the entries are claims.
    Claims,
}
