//! Parameter mappings.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html>.

use super::Compiler;
use crate::integration::{HeaderMapping, RequestMappings, ResponseHeader};
use edgewit_mapping::expression::{RequestSource, RequestTarget, ResponseSource, ResponseTarget};
use edgewit_mapping::forwarding::{IntegrationKind, MappedHeader, mapped_request_header};
use edgewit_model::api::{Mapping, Method, MethodResponse};
use indexmap::IndexMap;
use std::sync::Arc;

/// What a method declares for mappings to use.
pub(super) struct RequestDeclarations<'a> {
    method: &'a Method,
    path_parameters: &'a [Arc<str>],
}

impl<'a> RequestDeclarations<'a> {
    pub(super) fn new(method: &'a Method, path_parameters: &'a [Arc<str>]) -> Self {
        Self { method, path_parameters }
    }

    /// The parameter that must be declared and is not.
    fn missing(&self, source: &RequestSource) -> Option<String> {
        use RequestSource as S;
        let (place, name) = match source {
            // The variables of the path are parameters by themselves.
            S::Path(name) if self.path_parameters.iter().any(|known| **known == **name) => return None,
            S::Path(name) => ("path", name),
            S::Query(name) | S::MultiQuery(name) => ("querystring", name),
            S::Header(name) | S::MultiHeader(name) => ("header", name),
            _ => return None,
        };
        let key = format!("method.request.{place}.{name}");
        (!self.method.request_parameters.contains_key(&key)).then_some(key)
    }
}

impl Compiler<'_> {
    pub(super) fn request_mappings(
        &mut self,
        mappings: &IndexMap<String, Mapping>,
        kind: IntegrationKind,
        declared: &RequestDeclarations<'_>,
    ) -> RequestMappings {
        let mut out = RequestMappings::default();
        for (target, Mapping { expression, at }) in mappings {
            let source = match RequestSource::parse(expression) {
                Ok(source) => source,
                Err(error) => {
                    self.error(
                        "mapping-invalid",
                        at,
                        format!("Invalid mapping expression specified: `{expression}`: {error}"),
                    );
                    continue;
                }
            };
            if let Some(missing) = declared.missing(&source) {
                self.error("parameter-undeclared", at, format!("Invalid mapping expression parameter specified: {missing}, which the method does not declare"));
            }
            let source = source.bind(&self.stage.variables);
            out.reads_body |= source.reads_body();
            match RequestTarget::parse(target) {
                Ok(RequestTarget::Header(name)) => {
                    let lower = name.to_ascii_lowercase();
                    let rule = mapped_request_header(kind, &lower);
                    if rule == MappedHeader::Refuse {
                        self.warning(
                            "header-refused",
                            at,
                            format!("API Gateway answers 500 when `{name}` is mapped and has a value"),
                        );
                    }
                    let (name, lower) = (self.shared.text(&name), self.shared.text(&lower));
                    out.headers.push(HeaderMapping { name, lower, rule, source });
                }
                Ok(RequestTarget::Query(name)) => out.query.push((self.shared.text(&name), source)),
                Ok(RequestTarget::Path(name)) => out.path.push((self.shared.text(&name), source)),
                Err(error) => {
                    self.error(
                        "mapping-invalid",
                        at,
                        format!("Invalid mapping expression specified: `{target}`: {error}"),
                    );
                }
            }
        }
        out
    }

    pub(super) fn response_headers(
        &mut self,
        mappings: &IndexMap<String, Mapping>,
        declared: Option<&MethodResponse>,
    ) -> Vec<ResponseHeader> {
        let mut out = Vec::with_capacity(mappings.len());
        for (target, Mapping { expression, at }) in mappings {
            let source = ResponseSource::parse(expression);
            let name = ResponseTarget::parse(target);
            let (source, ResponseTarget::Header(name)) = match (source, name) {
                (Ok(source), Ok(name)) => (source, name),
                (source, name) => {
                    if let Err(error) = name {
                        self.error(
                            "mapping-invalid",
                            at,
                            format!("Invalid mapping expression specified: `{target}`: {error}"),
                        );
                    }
                    if let Err(error) = source {
                        self.error(
                            "mapping-invalid",
                            at,
                            format!("Invalid mapping expression specified: `{expression}`: {error}"),
                        );
                    }
                    continue;
                }
            };
            if declared.is_some_and(|response| !response.response_parameters.contains_key(target)) {
                self.error("parameter-undeclared", at, format!("Invalid mapping expression parameter specified: {target}, which the method response does not declare"));
            }
            let lower = self.shared.text(&name.to_ascii_lowercase());
            let source = source.bind(&self.stage.variables);
            out.push(ResponseHeader { name: self.shared.text(&name), lower, source });
        }
        out
    }
}
