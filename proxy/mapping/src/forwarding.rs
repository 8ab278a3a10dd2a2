//! Which headers go on from client to backend and from backend to client, and which change their names.
//!
//! All lookups are matches on the **lower-case** header name and allocate nothing.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html>, refined by
//! what a regional API was seen to do.

/// The kinds of integration, as far as they treat headers differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IntegrationKind {
    /// An AWS action, mapped.
    Aws,
    /// A Lambda function, proxied.
    AwsProxy,
    /// An HTTP endpoint, mapped.
    Http,
    /// An HTTP endpoint, proxied.
    HttpProxy,
    /// No backend.
    Mock,
}

/// Whether API Gateway removes a client's header before anything sees it: mappings do not find it.
pub fn removed_at_parsing(lower_name: &str) -> bool {
    matches!(
        lower_name,
        "connection"
            | "content-length"
            | "content-md5"
            | "expect"
            | "max-forwards"
            | "proxy-authenticate"
            | "server"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
            | "www-authenticate"
    )
}

/// Whether a client's header reaches the backend by itself: the HTTP request of [`IntegrationKind::HttpProxy`], the
/// event of [`IntegrationKind::AwsProxy`]. The other kinds send only what is mapped.
///
/// Headers that the gateway writes itself (`host`, `x-amzn-trace-id`, `x-amzn-apigateway-api-id`) do not count as
/// the client's.
pub fn request_header(kind: IntegrationKind, lower_name: &str) -> bool {
    match kind {
        IntegrationKind::Aws | IntegrationKind::Http | IntegrationKind::Mock => false,
        IntegrationKind::AwsProxy => {
            !removed_at_parsing(lower_name) && !hop_by_hop(lower_name) && lower_name != "x-amzn-trace-id"
        }
        IntegrationKind::HttpProxy => {
            !removed_at_parsing(lower_name)
                && !hop_by_hop(lower_name)
                && !matches!(
                    lower_name,
                    "content-encoding" | "host" | "via" | "x-amzn-apigateway-api-id" | "x-amzn-trace-id"
                )
        }
    }
}

/// Headers of one connection that RFC 9110, section 7.6.1 tells intermediaries to remove and that the AWS tables
/// do not name.
fn hop_by_hop(lower_name: &str) -> bool {
    matches!(lower_name, "http2-settings" | "keep-alive" | "proxy-connection")
}

/// What becomes of a header toward the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forward {
    /// Sent as it is.
    Pass,
    /// Sent under this lower-case name, `x-amzn-remapped-…`.
    Remap(&'static str),
    /// Not sent.
    Drop,
}

/// What becomes of a response header: one that was mapped ([`IntegrationKind::Aws`], [`IntegrationKind::Http`],
/// [`IntegrationKind::Mock`]), or one that the backend or function returned (the proxies).
///
/// `content-length` is about a header field as the backend or mapping gave it; the message's own framing is the
/// gateway's business.
pub fn response_header(kind: IntegrationKind, lower_name: &str) -> Forward {
    if hop_by_hop(lower_name) {
        return Forward::Drop;
    }
    match kind {
        IntegrationKind::Aws | IntegrationKind::Http | IntegrationKind::Mock => match lower_name {
            "transfer-encoding" => Forward::Drop,
            _ => remapped(lower_name).map_or(Forward::Pass, Forward::Remap),
        },
        IntegrationKind::HttpProxy => match lower_name {
            "connection" | "content-length" | "date" | "server" | "x-amzn-requestid" => {
                remapped(lower_name).map_or(Forward::Pass, Forward::Remap)
            }
            // `content-encoding` passes, as the table of known issues has it: a gzip body without it is unreadable.
            "transfer-encoding" | "via" => Forward::Drop,
            // The gateway writes its own; a backend that is an API Gateway returns one too.
            "x-amz-apigw-id" => Forward::Drop,
            _ => Forward::Pass,
        },
        IntegrationKind::AwsProxy => match lower_name {
            "expect" | "host" | "proxy-authenticate" | "te" | "trailer" | "transfer-encoding" | "upgrade"
            | "via" | "x-amz-apigw-id" => Forward::Drop,
            _ => remapped(lower_name).map_or(Forward::Pass, Forward::Remap),
        },
    }
}

/// The name under which a header that the gateway reserves reaches the client.
fn remapped(lower_name: &str) -> Option<&'static str> {
    Some(match lower_name {
        "authorization" => "x-amzn-remapped-authorization",
        "connection" => "x-amzn-remapped-connection",
        "content-length" => "x-amzn-remapped-content-length",
        "content-md5" => "x-amzn-remapped-content-md5",
        "date" => "x-amzn-remapped-date",
        "expect" => "x-amzn-remapped-expect",
        "host" => "x-amzn-remapped-host",
        "max-forwards" => "x-amzn-remapped-max-forwards",
        "proxy-authenticate" => "x-amzn-remapped-proxy-authenticate",
        "server" => "x-amzn-remapped-server",
        "trailer" => "x-amzn-remapped-trailer",
        "upgrade" => "x-amzn-remapped-upgrade",
        "user-agent" => "x-amzn-remapped-user-agent",
        "www-authenticate" => "x-amzn-remapped-www-authenticate",
        "x-amzn-requestid" => "x-amzn-remapped-x-amzn-requestid",
        _ => return None,
    })
}

/// What becomes of a header that a request mapping wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MappedHeader {
    /// Sent to the backend.
    Deliver,
    /// Silently left out.
    Drop,
    /// The call fails with 500 `Internal server error`, provided the mapping produced a value.
    Refuse,
}

/// What becomes of `integration.request.header.NAME`.
pub fn mapped_request_header(kind: IntegrationKind, lower_name: &str) -> MappedHeader {
    let aws = matches!(kind, IntegrationKind::Aws | IntegrationKind::AwsProxy);
    let http = matches!(kind, IntegrationKind::Http | IntegrationKind::HttpProxy);
    match lower_name {
        "content-length" | "transfer-encoding" | "x-amzn-apigateway-api-id" | "x-amzn-trace-id"
            if aws || http =>
        {
            MappedHeader::Refuse
        }
        "authorization" | "connection" | "expect" | "proxy-authenticate" | "te" if aws => {
            MappedHeader::Refuse
        }
        "connection" | "expect" | "proxy-authenticate" | "te" | "via" if http => MappedHeader::Drop,
        "referer" if kind == IntegrationKind::Aws => MappedHeader::Drop,
        _ => MappedHeader::Deliver,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
    use super::*;
    use Forward::{Drop, Pass, Remap};
    use IntegrationKind::{Aws, AwsProxy, Http, HttpProxy, Mock};

    #[test]
    fn client_headers_that_reach_an_http_proxy() {
        for name in [
            "accept",
            "accept-charset",
            "accept-encoding",
            "age",
            "authorization",
            "content-type",
            "date",
            "pragma",
            "range",
            "referer",
            "user-agent",
            "warn",
            "x-custom",
        ] {
            assert!(request_header(HttpProxy, name), "{name}");
            assert!(request_header(AwsProxy, name), "{name}");
            assert!(!request_header(Http, name), "{name}");
        }
        for name in [
            "connection",
            "content-encoding",
            "content-length",
            "content-md5",
            "expect",
            "host",
            "keep-alive",
            "max-forwards",
            "proxy-authenticate",
            "server",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "via",
            "www-authenticate",
            "x-amzn-trace-id",
            "x-amzn-apigateway-api-id",
        ] {
            assert!(!request_header(HttpProxy, name), "{name}");
        }
        for name in ["content-encoding", "via", "host"] {
            assert!(request_header(AwsProxy, name), "{name}");
        }
    }

    #[test]
    fn response_headers() {
        let table = [
            (Http, "connection", Remap("x-amzn-remapped-connection")),
            (Http, "content-length", Remap("x-amzn-remapped-content-length")),
            (Http, "trailer", Remap("x-amzn-remapped-trailer")),
            (Http, "te", Pass),
            (Http, "via", Pass),
            (Http, "content-encoding", Pass),
            (Http, "transfer-encoding", Drop),
            (Aws, "host", Remap("x-amzn-remapped-host")),
            (Mock, "server", Remap("x-amzn-remapped-server")),
            (Mock, "access-control-allow-origin", Pass),
            (HttpProxy, "server", Remap("x-amzn-remapped-server")),
            (HttpProxy, "date", Remap("x-amzn-remapped-date")),
            (HttpProxy, "x-amzn-requestid", Remap("x-amzn-remapped-x-amzn-requestid")),
            (HttpProxy, "www-authenticate", Pass),
            (HttpProxy, "authorization", Pass),
            (HttpProxy, "content-encoding", Pass),
            (HttpProxy, "via", Drop),
            (HttpProxy, "keep-alive", Drop),
            (AwsProxy, "content-length", Remap("x-amzn-remapped-content-length")),
            (AwsProxy, "www-authenticate", Remap("x-amzn-remapped-www-authenticate")),
            (AwsProxy, "te", Drop),
            (AwsProxy, "set-cookie", Pass),
        ];
        for (kind, name, expected) in table {
            assert_eq!(response_header(kind, name), expected, "{kind:?} {name}");
        }
    }

    #[test]
    fn mapped_headers() {
        use MappedHeader::{Deliver, Drop, Refuse};
        for kind in [Aws, AwsProxy, Http, HttpProxy] {
            for name in ["content-length", "transfer-encoding", "x-amzn-trace-id", "x-amzn-apigateway-api-id"]
            {
                assert_eq!(mapped_request_header(kind, name), Refuse, "{kind:?} {name}");
            }
        }
        for name in ["connection", "expect", "proxy-authenticate", "te"] {
            assert_eq!(mapped_request_header(Aws, name), Refuse, "{name}");
            assert_eq!(mapped_request_header(AwsProxy, name), Refuse, "{name}");
            assert_eq!(mapped_request_header(Http, name), Drop, "{name}");
            assert_eq!(mapped_request_header(HttpProxy, name), Drop, "{name}");
        }
        assert_eq!(mapped_request_header(AwsProxy, "authorization"), Refuse);
        assert_eq!(mapped_request_header(HttpProxy, "via"), Drop);
        assert_eq!(mapped_request_header(Aws, "referer"), Drop);
        assert_eq!(mapped_request_header(Http, "referer"), Deliver);
        for name in
            ["server", "max-forwards", "content-md5", "trailer", "upgrade", "www-authenticate", "host"]
        {
            assert_eq!(mapped_request_header(HttpProxy, name), Deliver, "{name}");
        }
        assert_eq!(mapped_request_header(HttpProxy, "content-encoding"), Deliver);
    }
}
