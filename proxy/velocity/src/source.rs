//! What a template may ask for. Nothing is asked that the template does not use.

use crate::overrides::Overrides;
use std::borrow::Cow;

/// Where a request parameter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterKind {
    /// A placeholder of the resource path.
    Path,
    /// A query parameter.
    Querystring,
    /// A header.
    Header,
}

impl ParameterKind {
    /// All of them, in the order `$input.params(name)` looks through.
    pub const ALL: [Self; 3] = [Self::Path, Self::Querystring, Self::Header];

    /// The key in `$input.params()`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Querystring => "querystring",
            Self::Header => "header",
        }
    }
}

/// The message a template is rendered for, and what is known about it.
///
/// Each answer that has a default answers for "there is none".
///
/// What is asked for by its name is asked for once in a rendering, up to 64 names of a kind: answers have to stay the
/// same meanwhile.
pub trait Source {
    /// The body as text, after content handling: of the request for a request template, of the backend's answer for
    /// a response template. Asked at each use of `$input.body`, and once for all uses of `$input.json` and
    /// `$input.path`.
    fn body(&self) -> &str;

    /// The last value of a parameter of the request, also for a response template. Names are case-sensitive.
    fn parameter(&self, kind: ParameterKind, name: &str) -> Option<Cow<'_, str>> {
        _ = (kind, name);
        None
    }

    /// Calls with each parameter's name and last value, in the order of the request.
    fn each_parameter(&self, kind: ParameterKind, each: &mut dyn FnMut(&str, &str)) {
        _ = (kind, each);
    }

    /// A variable of `$context` by its dotted name, such as `identity.sourceIp`.
    fn context(&self, name: &str) -> Option<Cow<'_, str>> {
        _ = name;
        None
    }

    /// Calls with each key below a dotted name, or with those of `$context` itself when it is empty.
    fn each_context_key(&self, name: &str, each: &mut dyn FnMut(&str)) {
        _ = (name, each);
    }

    /// A stage variable.
    fn stage_variable(&self, name: &str) -> Option<Cow<'_, str>> {
        _ = name;
        None
    }

    /// Calls with each stage variable's name and value.
    fn each_stage_variable(&self, each: &mut dyn FnMut(&str, &str)) {
        _ = each;
    }

    /// What an earlier template of the same request wrote: a response template reads what the request template has
    /// put into `$context.requestOverride` and `$context.responseOverride`.
    fn overrides(&self) -> Option<&Overrides> {
        None
    }
}
