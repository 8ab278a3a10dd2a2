//! Integration and authorizer URIs.
//!
//! Sources: <https://docs.aws.amazon.com/apigateway/latest/api/API_Integration.html>,
//! <https://docs.aws.amazon.com/apigateway/latest/api/API_PutIntegration.html>.

use super::document::{Node, Position};
use super::importer::{Importer, Weight};
use super::resolved::{Missing, Resolved};
use crate::api::IntegrationType;
use crate::finding::Finding;
use std::ops::Range;

const LAMBDA_PATH: &str = ":lambda:path/";
const FUNCTIONS: &str = "/functions/";
/// What ends the function part of an invocation URI.
const INVOCATIONS: [&str; 2] = ["/invocations", "/response-streaming-invocations"];

impl<'d> Importer<'d> {
    /// The URI of an integration, with stage variables and placeholders still in it.
    pub(super) fn integration_uri(&mut self, node: Node<'d>, kind: IntegrationType) -> Option<String> {
        let uri = self.uri(node, "uri")?;
        match kind {
            IntegrationType::Http | IntegrationType::HttpProxy => self.check_http(&uri, node.position()),
            IntegrationType::Aws | IntegrationType::AwsProxy => self.check_arn(&uri, kind, node.position()),
            IntegrationType::Mock => {}
        }
        Some(uri)
    }

    /// The URI of an authorizer's function.
    pub(super) fn authorizer_uri(&mut self, node: Node<'d>) -> Option<String> {
        let uri = self.uri(node, "authorizerUri")?;
        if function_part(&uri).is_none() {
            self.invalid_uri(
                node.position(),
                format!("found `{uri}` as `authorizerUri`, expected the invocation URI of a function"),
                &uri,
            );
        }
        Some(uri)
    }

    /// The text with every reference resolved. An unknown name in the place of a Lambda function
    /// becomes that function's name, so that the functions map can bind it.
    fn uri(&mut self, node: Node<'d>, what: &str) -> Option<String> {
        let resolved = match node.as_str() {
            Some(text) => self.resolver.substitute(text, &[]),
            None => self.resolved(node, what, Weight::Matters)?,
        };
        let resolved = self.name_functions(resolved, node.position());
        if resolved.missing.is_empty() {
            return Some(resolved.text);
        }
        self.report_missing(&resolved, node.position(), what, Weight::Matters);
        None
    }

    fn name_functions(&mut self, resolved: Resolved, at: Position) -> Resolved {
        let Some(place) = function_part(&resolved.text) else { return resolved };
        let mut out = Resolved::default();
        let mut copied = 0;
        for Missing { range, name, is_condition } in resolved.missing {
            let before = &resolved.text[place.start.min(range.start)..range.start];
            let is_whole = range.start == place.start;
            let is_name = before.ends_with(":function:");
            out.text.push_str(&resolved.text[copied..range.start]);
            copied = range.end;
            if is_condition || range.end > place.end || !(is_whole || is_name) {
                out.push_missing(&name, is_condition);
                continue;
            }
            let function_name = function_name(&name);
            if is_whole {
                let options = self.options;
                out.text.push_str(&format!(
                    "arn:{}:lambda:{}:{}:function:",
                    options.partition, options.region, options.account_id
                ));
            }
            out.text.push_str(&function_name);
            self.findings.once(
                format!("function {name}"),
                |findings| {
                    Finding::note(
                        "function-named",
                        &findings.location(at),
                        format!("`{name}` is not a parameter; it is taken for the function named `{function_name}`"),
                    )
                },
                crate::finding::Severity::Note,
            );
        }
        out.text.push_str(&resolved.text[copied..]);
        out
    }

    fn check_http(&mut self, uri: &str, at: Position) {
        let scheme_end = uri.find("://").filter(|end| {
            uri[..*end].eq_ignore_ascii_case("http") || uri[..*end].eq_ignore_ascii_case("https")
        });
        let rest = match scheme_end {
            Some(end) => &uri[end + 3..],
            None if uri.starts_with("${stageVariables.") => return,
            None => {
                return self.invalid_uri(
                    at,
                    format!("found `{uri}` as `uri`, expected an HTTP endpoint that begins with `http://` or `https://`"),
                    uri,
                );
            }
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
        let port =
            authority.rsplit_once(':').map(|(_, port)| port).filter(|port| !port.ends_with([']', '}']));
        if authority.is_empty() || authority.starts_with(':') || uri.contains([' ', '\n', '\t']) {
            return self.invalid_uri(
                at,
                format!("found `{uri}` as `uri`, expected an HTTP endpoint with a host and no blanks"),
                uri,
            );
        }
        if let Some(port) = port
            && !port.contains(['$', '{'])
        {
            match port.parse::<u16>() {
                Err(_) | Ok(0) => self.invalid_uri(
                    at,
                    format!("found the port `{port}` in `uri`, expected a number from 1 to 65535"),
                    uri,
                ),
                Ok(80 | 443 | 1024..) => {}
                Ok(port) => self.findings.warning(
                    "uri-port",
                    at,
                    format!("API Gateway reaches ports 80, 443 and 1024 to 65535, not {port}"),
                ),
            }
        }
    }

    fn check_arn(&mut self, uri: &str, kind: IntegrationType, at: Position) {
        let parts: Vec<&str> = uri.splitn(6, ':').collect();
        if parts.first() != Some(&"arn") || parts.len() < 6 {
            return self.invalid_uri(at, format!("found `{uri}` as `uri`, expected an ARN"), uri);
        }
        let (service, target) = (parts[4], parts[5]);
        if parts[2] != "apigateway" || !(target.starts_with("path/") || target.starts_with("action/")) {
            return self.invalid_uri(
                at,
                format!("found the ARN `{uri}` as `uri`, expected one of the form `arn:aws:apigateway:REGION:SERVICE:path/…` or `…:action/…`"),
                uri,
            );
        }
        let is_lambda = service == "lambda" && target.starts_with("path/");
        if kind == IntegrationType::AwsProxy && !is_lambda && service != "firehose" {
            return self.invalid_uri(
                at,
                format!("found an integration of type `aws_proxy` with `{service}`, expected a Lambda function or a Firehose stream; other services need type `aws`"),
                uri,
            );
        }
        if is_lambda && function_part(uri).is_none() {
            self.invalid_uri(
                at,
                format!("found `{uri}` as `uri`, expected the invocation URI of a function"),
                uri,
            );
        }
    }

    fn invalid_uri(&mut self, at: Position, message: String, uri: &str) {
        let mut finding = Finding::error("uri-invalid", &self.findings.location(at), message);
        let looks_like_function = uri.contains(":lambda:") || !uri.contains([':', '/', '.']);
        if looks_like_function {
            let arn = if uri.starts_with("arn:") && uri.contains(":function:") && !uri.contains('/') {
                uri.to_owned()
            } else {
                "FUNCTION_ARN".to_owned()
            };
            finding = finding.with_help(format!(
                "a function is called at `arn:{}:apigateway:{}:lambda:path/2015-03-31/functions/{arn}/invocations`",
                self.options.partition, self.options.region
            ));
        }
        self.findings.push(finding);
    }
}

/// Where the function ARN stands in an invocation URI.
fn function_part(uri: &str) -> Option<Range<usize>> {
    let path = uri.find(LAMBDA_PATH)? + LAMBDA_PATH.len();
    let start = path + uri[path..].find(FUNCTIONS)? + FUNCTIONS.len();
    let end = INVOCATIONS.iter().find_map(|ending| uri.strip_suffix(ending)).map(str::len)?;
    (start < end).then_some(start..end)
}

/// `GetOrderFunction.Arn` and `GetOrderFunctionArn` name the function `GetOrderFunction`.
fn function_name(reference: &str) -> String {
    let base = reference.split_once('.').map_or(reference, |(base, _)| base);
    let base = base.strip_suffix("Arn").filter(|base| !base.is_empty()).unwrap_or(base);
    base.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn function_names_come_from_references() {
        for (reference, name) in [
            ("GetOrderFunction.Arn", "GetOrderFunction"),
            ("GetOrderFunctionArn", "GetOrderFunction"),
            ("lambdaArn", "lambda"),
            ("Arn", "Arn"),
            ("Fn.Alias", "Fn"),
            ("stack:FnArn", "stack-Fn"),
        ] {
            assert_eq!(function_name(reference), name);
        }
    }

    #[test]
    fn function_parts_are_found() {
        let uri = "arn:aws:apigateway:r:lambda:path/2015-03-31/functions/F/invocations";
        assert_eq!(function_part(uri).map(|r| &uri[r]), Some("F"));
        let streaming =
            "arn:aws:apigateway:r:lambda:path/2021-11-15/functions/F:live/response-streaming-invocations";
        assert_eq!(function_part(streaming).map(|r| &streaming[r]), Some("F:live"));
        for bad in [
            "",
            "arn:aws:apigateway:r:lambda:path/2015-03-31/functions//invocations",
            "x:lambda:path/functions/F",
        ] {
            assert_eq!(function_part(bad), None, "{bad}");
        }
    }
}
