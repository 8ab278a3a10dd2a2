//! The ARNs of an API's methods.

/// Names an API the way resource policies do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApiArn<'a> {
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: &'a str,
    /// E.g. `us-east-1`.
    pub region: &'a str,
    /// Twelve digits.
    pub account: &'a str,
    /// The API's id.
    pub api: &'a str,
}

/// The full ARN that a short resource of a resource policy stands for: `execute-api:/stage/GET/x` becomes
/// `arn:aws:execute-api:region:account:api/stage/GET/x`. Other resources stay as they are.
///
/// Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-examples.html>.
pub fn expand_short_form(resource: &str, api: &ApiArn<'_>) -> String {
    match resource.strip_prefix("execute-api:/") {
        None => resource.to_owned(),
        Some(rest) => {
            let ApiArn { partition, region, account, api } = api;
            format!("arn:{partition}:execute-api:{region}:{account}:{api}/{rest}")
        }
    }
}
