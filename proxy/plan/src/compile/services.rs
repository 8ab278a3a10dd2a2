//! Services of AWS: what an integration's URI says is called.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/api/API_Integration.html>, `uri`.

use super::partition;
use std::fmt::Write as _;

/// `arn:{partition}:apigateway:{region}:{[subdomain.]service}:{path|action}/{rest}`, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ServiceUri<'u> {
    pub(super) region: &'u str,
    pub(super) subdomain: Option<&'u str>,
    /// As in the URI; endpoints are configured by it.
    pub(super) service: &'u str,
    call: Call<'u>,
}

#[derive(Debug, PartialEq, Eq)]
enum Call<'u> {
    /// Path and query without the first slash.
    Path(&'u str),
    /// Name of the action, and more query parameters.
    Action(&'u str, Option<&'u str>),
}

/// Services whose actions are JSON documents with the action in `X-Amz-Target`: prefix and version of JSON.
const JSON_ACTIONS: [(&str, &str, &str); 7] = [
    ("cognito-idp", "AWSCognitoIdentityProviderService", "1.1"),
    ("dynamodb", "DynamoDB_20120810", "1.0"),
    ("firehose", "Firehose_20150804", "1.1"),
    ("kinesis", "Kinesis_20131202", "1.1"),
    ("logs", "Logs_20140328", "1.1"),
    ("secretsmanager", "secretsmanager", "1.1"),
    ("states", "AWSStepFunctions", "1.0"),
];

/// Services that sign under another name than that of their host.
const SIGNING_NAMES: [(&str, &str); 9] = [
    ("appsync-api", "appsync"),
    ("bedrock-agent-runtime", "bedrock"),
    ("bedrock-runtime", "bedrock"),
    ("email", "ses"),
    ("models.lex", "lex"),
    ("personalize-events", "personalize"),
    ("personalize-runtime", "personalize"),
    ("pinpoint", "mobiletargeting"),
    ("runtime.lex", "lex"),
];

/// Services with one host for all regions; they sign for the first of these.
const GLOBAL: [&str; 3] = ["cloudfront", "iam", "route53"];

impl<'u> ServiceUri<'u> {
    /// `None` when it is no such URI.
    pub(super) fn parse(uri: &'u str) -> Option<Self> {
        let mut parts = uri.splitn(6, ':');
        let (Some("arn"), Some(_), Some("apigateway")) = (parts.next(), parts.next(), parts.next()) else {
            return None;
        };
        let (region, service, call) = (parts.next()?, parts.next()?, parts.next()?);
        let (subdomain, service) = match service.rsplit_once('.') {
            Some((subdomain, service)) => (Some(subdomain), service),
            None => (None, service),
        };
        let label = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
        };
        if !label(region) || !label(service) || !subdomain.is_none_or(label) {
            return None;
        }
        let call = match call.split_once('/')? {
            ("path", rest) => Call::Path(rest),
            ("action", rest) => match rest.split_once('&') {
                Some((action, query)) => Call::Action(action, Some(query)),
                None => Call::Action(rest, None),
            },
            _ => return None,
        };
        Some(Self { region, subdomain, service, call })
    }

    /// What is called, as an HTTP URI; `origin` stands for the service where it is given.
    pub(super) fn http_uri(&self, origin: Option<&str>) -> String {
        let subdomain = self.subdomain.map(|subdomain| format!("{subdomain}.")).unwrap_or_default();
        let mut uri = match origin {
            Some(origin) => {
                let (scheme, host) = origin.split_once("://").unwrap_or(("https", origin));
                // An address has no subdomains.
                let is_name = host.starts_with(|c: char| c.is_ascii_alphabetic());
                format!("{scheme}://{}{host}", if is_name { &subdomain } else { "" })
            }
            None => {
                let suffix =
                    if partition(self.region) == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
                let host = match (self.service, &self.call) {
                    ("iotdata", _) => "iot",
                    ("states", Call::Action("StartSyncExecution", _)) => "sync-states",
                    (service, _) => service,
                };
                if GLOBAL.contains(&self.service) {
                    format!("https://{subdomain}{host}.{suffix}")
                } else {
                    format!("https://{subdomain}{host}.{}.{suffix}", self.region)
                }
            }
        };
        // Writing to a string cannot fail.
        let _written = match self.call {
            Call::Path(rest) => write!(uri, "/{}", rest.strip_prefix('/').unwrap_or(rest)),
            Call::Action(action, None) => write!(uri, "/?Action={action}"),
            Call::Action(action, Some(query)) => write!(uri, "/?Action={action}&{query}"),
        };
        uri
    }

    /// Service in the credential scope.
    pub(super) fn signing_name(&self) -> &str {
        // Each account has a subdomain of its own for what its things say.
        if self.service == "iot" && self.subdomain.is_some() {
            return "iotdata";
        }
        let full = self.subdomain.map(|subdomain| format!("{subdomain}.{}", self.service));
        let known =
            |name: &str| SIGNING_NAMES.iter().find(|(known, _)| *known == name).map(|(_, signing)| *signing);
        full.as_deref().and_then(known).or_else(|| known(self.service)).unwrap_or(self.service)
    }

    /// Region in the credential scope.
    pub(super) fn signing_region(&self) -> &str {
        if GLOBAL.contains(&self.service) { "us-east-1" } else { self.region }
    }

    /// `X-Amz-Target` and `Content-Type` of an action that is a JSON document.
    pub(super) fn json_action(&self) -> Option<(String, String)> {
        let Call::Action(action, _) = self.call else { return None };
        let (_, prefix, version) = JSON_ACTIONS.iter().find(|(service, ..)| *service == self.service)?;
        Some((format!("{prefix}.{action}"), format!("application/x-amz-json-{version}")))
    }

    /// Whether answers are JSON where nobody asks for anything else. The old query protocol of Systems Manager answers
    /// XML then.
    pub(super) fn accepts_json(&self) -> bool {
        self.service != "ssm"
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn uris_of_services_are_addresses() {
        for (uri, origin, expected) in [
            (
                "arn:aws:apigateway:eu-west-1:sqs:path/123/q",
                None,
                "https://sqs.eu-west-1.amazonaws.com/123/q",
            ),
            (
                "arn:aws:apigateway:us-east-1:s3:path/b/{key}?x=1",
                None,
                "https://s3.us-east-1.amazonaws.com/b/{key}?x=1",
            ),
            ("arn:aws:apigateway:us-east-1:b.s3:path//k", None, "https://b.s3.us-east-1.amazonaws.com/k"),
            (
                "arn:aws-cn:apigateway:cn-north-1:sns:action/Publish",
                None,
                "https://sns.cn-north-1.amazonaws.com.cn/?Action=Publish",
            ),
            (
                "arn:aws:apigateway:r:ssm:action/GetParameter&Name=a&X=1",
                None,
                "https://ssm.r.amazonaws.com/?Action=GetParameter&Name=a&X=1",
            ),
            (
                "arn:aws:apigateway:eu-west-1:iam:action/ListUsers",
                None,
                "https://iam.amazonaws.com/?Action=ListUsers",
            ),
            (
                "arn:aws:apigateway:r:a-ats.iotdata:path/topics/t",
                None,
                "https://a-ats.iot.r.amazonaws.com/topics/t",
            ),
            (
                "arn:aws:apigateway:r:states:action/StartSyncExecution",
                None,
                "https://sync-states.r.amazonaws.com/?Action=StartSyncExecution",
            ),
            ("arn:aws:apigateway:r:sqs:path/1/q", Some("http://127.0.0.1:4566"), "http://127.0.0.1:4566/1/q"),
            ("arn:aws:apigateway:r:b.s3:path/k", Some("http://127.0.0.1:4566"), "http://127.0.0.1:4566/k"),
            ("arn:aws:apigateway:r:b.s3:path/k", Some("https://s3.example"), "https://b.s3.example/k"),
        ] {
            assert_eq!(ServiceUri::parse(uri).unwrap().http_uri(origin), expected, "{uri}");
        }
    }

    #[test]
    fn what_is_no_service_is_refused() {
        for uri in [
            "",
            "http://example.com/",
            "arn:aws:apigateway:r:sqs",
            "arn:aws:apigateway:r:sqs:queue/x",
            "arn:aws:apigateway::sqs:path/x",
            "arn:aws:apigateway:r:s/qs:path/x",
            "arn:aws:apigateway:r:.sqs:path/x",
            "arn:aws:sqs:r:sqs:path/x",
        ] {
            assert_eq!(ServiceUri::parse(uri), None, "{uri}");
        }
    }

    #[test]
    fn scopes_and_targets_are_the_services_own() {
        let of = |uri| ServiceUri::parse(uri).unwrap();
        assert_eq!(of("arn:aws:apigateway:r:x.appsync-api:path/graphql").signing_name(), "appsync");
        assert_eq!(of("arn:aws:apigateway:r:runtime.lex:path/").signing_name(), "lex");
        assert_eq!(of("arn:aws:apigateway:r:b.s3:path/").signing_name(), "s3");
        assert_eq!(of("arn:aws:apigateway:r:a1b2-ats.iot:path/topics/t").signing_name(), "iotdata");
        assert_eq!(of("arn:aws:apigateway:r:iot:path/things/t").signing_name(), "iot");
        assert_eq!(of("arn:aws:apigateway:r:states:action/StartSyncExecution").signing_name(), "states");
        assert_eq!(of("arn:aws:apigateway:eu-west-1:iam:action/X").signing_region(), "us-east-1");
        let put = of("arn:aws:apigateway:r:dynamodb:action/PutItem").json_action().unwrap();
        assert_eq!(put, ("DynamoDB_20120810.PutItem".to_owned(), "application/x-amz-json-1.0".to_owned()));
        assert_eq!(of("arn:aws:apigateway:r:dynamodb:path/").json_action(), None);
        assert_eq!(of("arn:aws:apigateway:r:sqs:action/SendMessage").json_action(), None);
        assert!(!of("arn:aws:apigateway:r:ssm:action/GetParameter").accepts_json());
    }
}
