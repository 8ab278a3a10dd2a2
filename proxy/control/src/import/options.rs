//! Parameters of an import.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/api/API_ImportRestApi.html>.

use crate::entities::{EndpointConfiguration, Map, RestApi};
use crate::protocol::error::Error;
use edgewit_model::BasePathMode;

/// Parameters of an import.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) fail_on_warnings: bool,
    pub(crate) ignore_documentation: bool,
    pub(crate) base_path: BasePathMode,
    endpoint_type: Option<String>,
    vpc_endpoint_ids: Vec<String>,
    disable_execute_api_endpoint: Option<bool>,
}

impl Options {
    /// # Errors
    /// When a parameter has a value that means nothing.
    pub(crate) fn new(parameters: &Map<String>, fail_on_warnings: bool) -> Result<Self, Error> {
        let mut options = Self { fail_on_warnings, ..Self::default() };
        for (name, value) in parameters {
            match name.as_str() {
                "ignore" => options.ignore_documentation = list(value).any(|what| what == "documentation"),
                "basepath" => options.base_path = base_path(value)?,
                "endpointConfigurationTypes" => options.endpoint_type = Some(endpoint_type(value)?),
                "vpcEndpointIds" => options.vpc_endpoint_ids = list(value).map(str::to_owned).collect(),
                "disableExecuteApiEndpoint" => {
                    options.disable_execute_api_endpoint = Some(value.eq_ignore_ascii_case("true"));
                }
                // Others are passed over, as API Gateway does.
                _ => {}
            }
        }
        Ok(options)
    }

    /// Sets what the parameters say about the API itself.
    pub(super) fn apply(&self, api: &mut RestApi) {
        if let Some(kind) = &self.endpoint_type {
            let configuration = &mut api.endpoint_configuration;
            let is_other = configuration.types.first() != Some(kind);
            configuration.types = vec![kind.clone()];
            if is_other {
                configuration.ip_address_type = None;
                configuration.fill_in_address_type();
            }
            if kind != EndpointConfiguration::PRIVATE {
                configuration.vpc_endpoint_ids.clear();
            }
        }
        if !self.vpc_endpoint_ids.is_empty() {
            api.endpoint_configuration.vpc_endpoint_ids.clone_from(&self.vpc_endpoint_ids);
        }
        if let Some(disable) = self.disable_execute_api_endpoint {
            api.disable_execute_api_endpoint = disable;
        }
    }
}

fn base_path(value: &str) -> Result<BasePathMode, Error> {
    match value {
        "ignore" => Ok(BasePathMode::Ignore),
        "prepend" => Ok(BasePathMode::Prepend),
        "split" => Ok(BasePathMode::Split),
        _ => Err(Error::bad_request("Invalid basepath specified. Valid options are ignore,prepend,split")),
    }
}

fn endpoint_type(value: &str) -> Result<String, Error> {
    let types: Vec<&str> = list(value).collect();
    match types.as_slice() {
        [kind] if EndpointConfiguration::TYPES.contains(kind) => Ok((*kind).to_owned()),
        [] => {
            Err(Error::bad_request("REGIONAL Configuration and EDGE Configuration cannot be both DISABLED."))
        }
        [_] => Err(Error::bad_request(
            "Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE",
        )),
        _ => Err(Error::bad_request("Cannot create an api with multiple Endpoint Types.")),
    }
}

fn list(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim).filter(|part| !part.is_empty())
}
