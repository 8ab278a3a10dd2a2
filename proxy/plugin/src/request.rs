//! What a plugin may ask about a request and about an integration's answer.

use std::borrow::Cow;

/// A request as a plugin sees it. The gateway implements this over its exchange.
///
/// An implementation is a view: each method is called only when the plugin asks, and nothing is prepared ahead. It is
/// owned (`'static`) because the plugin runs on a stack of its own, so a gateway hands over something cheap such as an
/// `Arc` of the request's head.
///
/// The WIT interface `edgewit:plugin/request` says what each value means; the methods have its names. Text that is not
/// UTF-8 is the implementation's to convert, bytes that are not UTF-8 becoming U+FFFD.
pub trait PluginRequest: Send + Sync {
    /// HTTP method, `GET`.
    fn method(&self) -> Cow<'_, str>;
    /// Path with the stage, percent-encoded as it came, without the query: `/prod/pets/7`.
    fn path(&self) -> Cow<'_, str>;
    /// Path of the matched resource: `/pets/{petId}`.
    fn resource_path(&self) -> Cow<'_, str>;
    /// Stage name.
    fn stage(&self) -> Cow<'_, str>;
    /// API identifier.
    fn api_id(&self) -> Cow<'_, str>;
    /// Request identifier, a UUID.
    fn request_id(&self) -> Cow<'_, str>;
    /// Client address without a port.
    fn source_ip(&self) -> Cow<'_, str>;
    /// `HTTP/1.1`, `HTTP/2.0`.
    fn protocol(&self) -> Cow<'_, str>;
    /// Last value of the header `name`, in any case.
    fn header(&self, name: &str) -> Option<Cow<'_, str>>;
    /// Every value of the header `name`, in any case, in order.
    fn header_values(&self, name: &str, each: &mut dyn FnMut(&str));
    /// Each header name once, in order, as the client spelled it.
    fn header_names(&self, each: &mut dyn FnMut(&str));
    /// Last decoded value of the query parameter `name`.
    fn query(&self, name: &str) -> Option<Cow<'_, str>>;
    /// Every decoded value of the query parameter `name`, in order.
    fn query_values(&self, name: &str, each: &mut dyn FnMut(&str));
    /// Each decoded name of a query parameter once, in order.
    fn query_names(&self, each: &mut dyn FnMut(&str));
    /// Value of the path parameter `name`.
    fn path_parameter(&self, name: &str) -> Option<Cow<'_, str>>;
    /// Value of the stage variable `name`.
    fn stage_variable(&self, name: &str) -> Option<Cow<'_, str>>;
    /// Value of the context variable `name`, given without `$context.`.
    fn context(&self, name: &str) -> Option<Cow<'_, str>>;
    /// Each name of a stage variable.
    fn stage_variable_names(&self, each: &mut dyn FnMut(&str)) {
        let _none = each;
    }
    /// Each name below the context variable `name`; at the top for an empty text.
    fn context_names(&self, name: &str, each: &mut dyn FnMut(&str)) {
        let _none = (name, each);
    }
    /// The mapping template that a transform is to render.
    fn mapping_template(&self) -> Option<Cow<'_, str>> {
        None
    }
    /// What the request's side of a transform has left for the answer's.
    fn handed_on(&self) -> Option<Cow<'_, [u8]>> {
        None
    }
    /// ARN of the method.
    fn method_arn(&self) -> Cow<'_, str>;
    /// The identity header's value for a `TOKEN` authorizer, none for a `REQUEST` authorizer.
    fn authorization_token(&self) -> Option<Cow<'_, str>>;
    /// Values of the authorizer's identity sources, in order.
    fn identity_sources(&self, each: &mut dyn FnMut(&str));
    /// As much of the body as the plugin may see, and whether that is all of it.
    fn body(&self) -> Option<(Cow<'_, [u8]>, bool)> {
        None
    }
}

/// An integration's answer as a transform sees it; see [`PluginRequest`].
pub trait PluginResponse: Send + Sync {
    /// Status code.
    fn status(&self) -> u16;
    /// Last value of the header `name`, in any case.
    fn header(&self, name: &str) -> Option<Cow<'_, str>>;
    /// Every value of the header `name`, in any case, in order.
    fn header_values(&self, name: &str, each: &mut dyn FnMut(&str));
    /// Each header name once, in order.
    fn header_names(&self, each: &mut dyn FnMut(&str));
    /// As much of the body as the plugin may see, and whether that is all of it.
    fn body(&self) -> Option<(Cow<'_, [u8]>, bool)>;
}
