//! What is said about the API as a whole.

use crate::facts::Section;
use crate::{Older, policy, schema};
use edgewit_model::api::{ApiKeySource, EndpointType, RestApi};

pub(crate) fn of(api: &RestApi, older: Older<'_>) -> Section {
    let mut section = Section::default();
    section.says("name", api.name.as_str());
    section.may_say("description", api.description.as_deref().filter(|text| !text.is_empty()));
    section.may_say("version", api.version.as_deref().filter(|text| !text.is_empty()));
    section.is("apiKeySource", api.api_key_source.as_str(), ApiKeySource::default().as_str());
    section.each("binaryMediaTypes", &api.binary_media_types);
    let size = api.minimum_compression_size.map(|size| size.to_string());
    section.may_say("minimumCompressionSize", size.as_deref());
    endpoint(api, older, &mut section);
    section.may_say("endpointAccessMode", api.endpoint_access_mode.as_deref());
    section.may_say("securityPolicy", api.security_policy.as_deref());
    if let Some((document, _)) = &api.policy {
        section.text("policy", schema::pretty(&policy::short(document, older)));
    }
    section
}

fn endpoint(api: &RestApi, older: Older<'_>, section: &mut Section) {
    let endpoint = &api.endpoint;
    if older == Older::Document {
        section.is("endpoint type", endpoint.kind.as_str(), EndpointType::default().as_str());
        let default = if endpoint.kind == EndpointType::Private { "dualstack" } else { "ipv4" };
        let address_type = endpoint.ip_address_type.as_deref().unwrap_or(default);
        section.is("ipAddressType", address_type, default);
    }
    section.each("vpcEndpointIds", &endpoint.vpc_endpoint_ids);
    let disabled = endpoint.disable_execute_api_endpoint.to_string();
    section.is("disableExecuteApiEndpoint", disabled, "false");
}
