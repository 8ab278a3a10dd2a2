//! What templates see of a request, asked of the node as they ask for it.

use std::borrow::Cow;
use std::cell::OnceCell;

use edgewit_velocity::{Overrides, ParameterKind, Source};

use crate::edgewit::plugin::request::Request;

pub(crate) struct Asked<'a> {
    request: &'a Request,
    body: String,
    earlier: Option<Overrides>,
    header_names: OnceCell<Vec<String>>,
}

impl<'a> Asked<'a> {
    pub(crate) fn new(request: &'a Request, body: String, earlier: Option<Overrides>) -> Self {
        Self { request, body, earlier, header_names: OnceCell::new() }
    }

    fn header_names(&self) -> &[String] {
        self.header_names.get_or_init(|| self.request.header_names())
    }
}

impl Source for Asked<'_> {
    fn body(&self) -> &str {
        &self.body
    }

    fn parameter(&self, kind: ParameterKind, name: &str) -> Option<Cow<'_, str>> {
        let found = match kind {
            ParameterKind::Path => self.request.path_parameter(name),
            ParameterKind::Querystring => self.request.query(name),
            // The node compares names without regard to case; templates do not.
            ParameterKind::Header => {
                self.request.header(name).filter(|_| self.header_names().iter().any(|known| known == name))
            }
        };
        found.map(Cow::Owned)
    }

    fn each_parameter(&self, kind: ParameterKind, each: &mut dyn FnMut(&str, &str)) {
        let names = match kind {
            ParameterKind::Path => path_names(&self.request.resource_path()),
            ParameterKind::Querystring => self.request.query_names(),
            ParameterKind::Header => self.header_names().to_vec(),
        };
        for name in names {
            if let Some(value) = self.parameter(kind, &name) {
                each(&name, &value);
            }
        }
    }

    fn context(&self, dotted: &str) -> Option<Cow<'_, str>> {
        self.request.context(dotted).map(Cow::Owned)
    }

    fn each_context_key(&self, dotted: &str, each: &mut dyn FnMut(&str)) {
        self.request.context_names(dotted).iter().for_each(|name| each(name));
    }

    fn stage_variable(&self, name: &str) -> Option<Cow<'_, str>> {
        self.request.stage_variable(name).map(Cow::Owned)
    }

    fn each_stage_variable(&self, each: &mut dyn FnMut(&str, &str)) {
        for name in self.request.stage_variable_names() {
            if let Some(value) = self.request.stage_variable(&name) {
                each(&name, &value);
            }
        }
    }

    fn overrides(&self) -> Option<&Overrides> {
        self.earlier.as_ref()
    }
}

/// Names in braces, without the `+` of a greedy one.
fn path_names(resource_path: &str) -> Vec<String> {
    let parts = resource_path.split('{').skip(1);
    parts.filter_map(|part| Some(part.split_once('}')?.0.trim_end_matches('+').to_owned())).collect()
}
