//! IAM policy documents.

use edgewit_policy::{ApiArn, Policy, PolicyRequest};

/// Compiles a policy document in both its roles and evaluates it.
pub fn policy(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let api = ApiArn { partition: "aws", region: "us-east-1", account: "123456789012", api: "abc" };
    let as_resource_policy =
        serde_json::from_str(text).ok().and_then(|json| Policy::parse_resource_policy(&json, &api).ok());
    for policy in Policy::parse_str(text).ok().into_iter().chain(as_resource_policy) {
        for (principal, resource) in [
            (None, "arn:aws:execute-api:us-east-1:123456789012:abc/dev/GET/pets/7"),
            (
                Some("arn:aws:iam::123456789012:user/ann"),
                "arn:aws:execute-api:us-east-1:123456789012:abc/dev/POST/",
            ),
            (Some(""), "*"),
        ] {
            let conditions = [
                ("aws:sourceip", "203.0.113.7"),
                ("aws:sourceip", "2001:db8::1"),
                ("aws:currenttime", "2024-02-30T25:61:00Z"),
                ("aws:securetransport", "true"),
                ("aws:useragent", "*?${a}\u{0}é"),
            ];
            let request =
                PolicyRequest { principal, action: "execute-api:Invoke", resource, conditions: &conditions };
            assert_eq!(
                policy.evaluate(&request),
                policy.evaluate(&request),
                "the same question, another answer"
            );
        }
    }
}
