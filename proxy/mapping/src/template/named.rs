//! The access-log formats that have names.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html>, "examples".

/// The template of a format offered by name: `json`, `clf` (Common Log Format), `csv` or `xml`.
pub fn named(name: &str) -> Option<&'static str> {
    Some(match name {
        "clf" => CLF,
        "csv" => CSV,
        "json" => JSON,
        "xml" => XML,
        _ => return None,
    })
}

const CLF: &str = concat!(
    "$context.identity.sourceIp $context.identity.caller $context.identity.user [$context.requestTime]",
    "\"$context.httpMethod $context.resourcePath $context.protocol\" ",
    "$context.status $context.responseLength $context.requestId $context.extendedRequestId"
);

const CSV: &str = concat!(
    "$context.identity.sourceIp,$context.identity.caller,$context.identity.user,$context.requestTime,",
    "$context.httpMethod,$context.resourcePath,$context.protocol,",
    "$context.status,$context.responseLength,$context.requestId,$context.extendedRequestId"
);

const JSON: &str = concat!(
    r#"{"requestId":"$context.requestId","extendedRequestId":"$context.extendedRequestId","#,
    r#""ip":"$context.identity.sourceIp","caller":"$context.identity.caller","user":"$context.identity.user","#,
    r#""requestTime":"$context.requestTime","httpMethod":"$context.httpMethod","#,
    r#""resourcePath":"$context.resourcePath","status":"$context.status","protocol":"$context.protocol","#,
    r#""responseLength":"$context.responseLength"}"#
);

const XML: &str = concat!(
    r#"<request id="$context.requestId"><ip>$context.identity.sourceIp</ip>"#,
    "<caller>$context.identity.caller</caller><user>$context.identity.user</user>",
    "<requestTime>$context.requestTime</requestTime><httpMethod>$context.httpMethod</httpMethod>",
    "<resourcePath>$context.resourcePath</resourcePath><status>$context.status</status>",
    "<protocol>$context.protocol</protocol><responseLength>$context.responseLength</responseLength>",
    "<extendedRequestId>$context.extendedRequestId</extendedRequestId></request>"
);
