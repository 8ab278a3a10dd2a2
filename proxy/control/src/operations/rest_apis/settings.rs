//! What an API may be set to, whether it is created or updated.

use crate::entities::{EndpointConfiguration, RestApi};
use crate::import::expand;
use crate::operations::tags::{self, Tags};
use crate::protocol::Call;
use crate::protocol::error::Error;
use edgewit_policy::{ApiArn, Policy};
use serde_json::Value;

/// Largest size from which answers can be compressed, in bytes.
pub(super) const MAX_COMPRESSION_BYTES: i64 = 10 * 1024 * 1024;

/// What security policies begin with that come with an access mode.
const ENHANCED_POLICY: &str = "SecurityPolicy_";

/// Takes what a request to create an API says over into the API.
pub(super) fn take(call: &Call<'_>, api: &mut RestApi) -> Result<(), Error> {
    let input = &call.input;
    api.name = name(input.required("name"))?;
    api.description = input.string("description");
    if api.description.as_deref() == Some("") {
        return Err(Error::bad_request("Description cannot be an empty string"));
    }
    if let Some(size) = input.integer("minimumCompressionSize") {
        api.minimum_compression_size = Some(compression_size(size)?);
    }
    if let Some(configuration) = input.value::<Value>("endpointConfiguration") {
        api.endpoint_configuration = endpoint(&configuration)?;
    }
    if let Some(types) = input.texts("binaryMediaTypes") {
        api.binary_media_types = types;
    }
    if let Some(source) = input.string("apiKeySource") {
        api.api_key_source = source;
    }
    api.version = input.string("version");
    api.disable_execute_api_endpoint = input.boolean("disableExecuteApiEndpoint").unwrap_or_default();
    api.security_policy = input.string("securityPolicy");
    api.endpoint_access_mode = input.string("endpointAccessMode");
    check_security(api)?;
    let owner = Owner::of(call);
    api.policy = input.text("policy").map(|text| owner.policy(&api.id, text)).transpose()?.flatten();
    api.tags = tags(input.value("tags").unwrap_or_default())?;
    Ok(())
}

pub(super) fn name(text: &str) -> Result<String, Error> {
    match text.trim() {
        "" => Err(Error::bad_request("Name cannot be empty")),
        _ => Ok(text.to_owned()),
    }
}

pub(super) fn compression_size(size: i64) -> Result<u32, Error> {
    u32::try_from(size).ok().filter(|_| size <= MAX_COMPRESSION_BYTES).ok_or_else(invalid_compression_size)
}

pub(super) fn invalid_compression_size() -> Error {
    Error::bad_request(format!(
        "Invalid minimum compression size, must be between 0 and {MAX_COMPRESSION_BYTES}"
    ))
}

pub(super) fn default_endpoint() -> EndpointConfiguration {
    EndpointConfiguration {
        types: vec![EndpointConfiguration::EDGE.into()],
        ip_address_type: Some("ipv4".into()),
        vpc_endpoint_ids: Vec::new(),
    }
}

fn endpoint(given: &Value) -> Result<EndpointConfiguration, Error> {
    let mut configuration: EndpointConfiguration = serde_json::from_value(given.clone()).unwrap_or_default();
    if given.get("types").is_none() {
        configuration.types = vec![EndpointConfiguration::EDGE.into()];
    }
    match configuration.types.len() {
        0 => {
            let message = "REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.";
            return Err(Error::bad_request(message));
        }
        1 => {}
        _ => return Err(Error::bad_request("Cannot create an api with multiple Endpoint Types.")),
    }
    configuration.fill_in_address_type();
    check_endpoint(&configuration)?;
    Ok(configuration)
}

/// That the parts of a configuration fit each other.
pub(super) fn check_endpoint(configuration: &EndpointConfiguration) -> Result<(), Error> {
    let private = configuration.has(EndpointConfiguration::PRIVATE);
    if private && configuration.ip_address_type.as_deref() == Some("ipv4") {
        return Err(Error::bad_request("Only dualstack ipAddressType is supported for Private APIs."));
    }
    if !private && !configuration.vpc_endpoint_ids.is_empty() {
        return Err(Error::bad_request("vpcEndpointIds can only be specified for Private APIs."));
    }
    Ok(())
}

/// That security policy, access mode and endpoint type fit each other.
///
/// Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-security-policies.html>.
pub(super) fn check_security(api: &RestApi) -> Result<(), Error> {
    let policy = api.security_policy.as_deref().filter(|policy| policy.starts_with(ENHANCED_POLICY));
    let Some(policy) = policy else {
        return match api.endpoint_access_mode {
            Some(_) => Err(Error::bad_request(format!(
                "endpointAccessMode can only be specified with a security policy that starts with {ENHANCED_POLICY}."
            ))),
            None => Ok(()),
        };
    };
    if api.endpoint_access_mode.is_none() {
        let message = format!("endpointAccessMode must be specified for the security policy {policy}.");
        return Err(Error::bad_request(message));
    }
    let edge = api.endpoint_configuration.has(EndpointConfiguration::EDGE);
    if policy.ends_with("_EDGE") != edge {
        let kinds = api.endpoint_configuration.types.join(",");
        let message = format!("The security policy {policy} is not supported for {kinds} endpoints.");
        return Err(Error::bad_request(message));
    }
    Ok(())
}

/// Tags that an API is made with; API Gateway has words of its own for these.
fn tags(tags: Tags) -> Result<Tags, Error> {
    tags::check_count(&tags)?;
    if tags.keys().any(|key| key.to_ascii_lowercase().starts_with(tags::RESERVED)) {
        let message = "aws: prefixed tag key names are not allowed for external use.";
        return Err(Error::bad_request(message));
    }
    Ok(tags)
}

/// Whose API it is, for the short names in its policy.
pub(super) struct Owner {
    region: String,
    account: String,
}

impl Owner {
    pub(super) fn of(call: &Call<'_>) -> Self {
        Self {
            region: call.environment.region().to_owned(),
            account: call.environment.account_id().to_owned(),
        }
    }

    /// A resource policy as it is kept; an empty text stands for none.
    pub(super) fn policy(&self, api_id: &str, text: &str) -> Result<Option<String>, Error> {
        if text.is_empty() {
            return Ok(None);
        }
        let partition = match self.region.as_str() {
            region if region.starts_with("cn-") => "aws-cn",
            region if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        };
        let arn = ApiArn { partition, region: &self.region, account: &self.account, api: api_id };
        let document: Option<Value> = serde_json::from_str(text).ok();
        let valid = document.filter(|document| Policy::parse_resource_policy(document, &arn).is_ok());
        if let Some(document) = valid {
            let mut expanded = document.clone();
            expand(&mut expanded, &self.region, &self.account, api_id);
            return Ok(Some(if expanded == document { text.to_owned() } else { expanded.to_string() }));
        }
        Err(Error::bad_request(
            "Invalid policy document. Please check the policy syntax and ensure that Principals are valid.",
        ))
    }
}
