//! What mappings can ask of a request, of a response and of a stage: views, so nothing is copied to build them.

use std::borrow::Cow;

/// A request as parameter mapping sees it.
///
/// Headers that API Gateway removes at parsing (see [`crate::forwarding::removed_at_parsing`]) must be
/// absent from the view, and the `Host` header present.
pub trait RequestParameters {
    /// The last value of a header. The name is compared **case-sensitively** with the spelling that arrived.
    fn header(&self, name: &str) -> Option<&[u8]>;

    /// Every value of a header, in order of arrival; names as in [`Self::header`].
    fn headers(&self, name: &str, each: &mut dyn FnMut(&[u8]));

    /// The last value of a query parameter, form-decoded. Names compare case-sensitively, after decoding.
    fn query(&self, name: &str) -> Option<Cow<'_, str>>;

    /// Every value of a query parameter, form-decoded, in order.
    fn query_all(&self, name: &str, each: &mut dyn FnMut(&str));

    /// The value of a path parameter, percent-encoded as it was routed.
    fn path(&self, name: &str) -> Option<&str>;

    /// The body, when it has been read; `None` or empty counts as `{}` in body expressions.
    fn body(&self) -> Option<&[u8]>;
}

/// A backend's response as parameter mapping sees it.
pub trait ResponseParameters {
    /// The last value of a header; names compare without regard to case.
    fn header(&self, name: &str) -> Option<&[u8]>;

    /// Every value of a header, in order of arrival.
    fn headers(&self, name: &str, each: &mut dyn FnMut(&[u8]));

    /// The body, when it has been read.
    fn body(&self) -> Option<&[u8]>;
}

/// The variables of a stage.
pub trait StageVariables {
    /// The value of a variable; names compare case-sensitively.
    fn get(&self, name: &str) -> Option<&str>;
}

impl StageVariables for indexmap::IndexMap<String, String> {
    fn get(&self, name: &str) -> Option<&str> {
        self.get(name).map(String::as_str)
    }
}

/// A stage without variables.
impl StageVariables for () {
    fn get(&self, _: &str) -> Option<&str> {
        None
    }
}

impl StageVariables for [(&str, &str)] {
    fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(n, _)| *n == name).map(|(_, v)| *v)
    }
}

impl<const N: usize> StageVariables for [(&str, &str); N] {
    fn get(&self, name: &str) -> Option<&str> {
        StageVariables::get(self.as_slice(), name)
    }
}
