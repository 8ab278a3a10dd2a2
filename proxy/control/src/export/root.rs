//! The root of an exported document.

use super::{Exporter, Format};
use serde_json::{Map, Value, json};

impl Exporter<'_> {
    pub(super) fn root(&self, paths: Value) -> Value {
        let mut root = match self.export.format {
            Format::OpenApi => json!({"openapi": "3.0.1"}),
            Format::Swagger => json!({"swagger": "2.0"}),
        };
        let mut info = self.info();
        let mut described = json!({});
        self.documentation.describe_api(&mut described, &mut info);
        root["info"] = info;
        self.location(&mut root);
        if let Value::Object(members) = described {
            for (name, value) in
                members.into_iter().filter(|(name, _)| name == "tags" || name == "externalDocs")
            {
                root[name] = value;
            }
        }
        root["paths"] = paths;
        let mut schemes = self.schemes.all(self.export.extensions);
        for (name, scheme) in &mut schemes {
            self.documentation.describe(scheme, "AUTHORIZER", ["/", "*", "*", name]);
        }
        self.components(&mut root, schemes);
        if self.export.extensions.all {
            self.extensions(&mut root);
        }
        let documentation = self.documentation.extension();
        if let Some(extension) = documentation.filter(|_| self.export.extensions.documentation) {
            root["x-amazon-apigateway-documentation"] = extension;
        }
        root
    }

    fn info(&self) -> Value {
        let api = self.export.api;
        let mut info = json!({});
        let description = api.description.as_ref().map(|text| ("description", json!(text)));
        let (version, title) = (("version", json!(self.export.version())), ("title", json!(api.name)));
        // The order of API Gateway's own exports.
        let members = match self.export.format {
            Format::Swagger => [description, Some(version), Some(title)],
            Format::OpenApi => [Some(title), description, Some(version)],
        };
        for (name, value) in members.into_iter().flatten() {
            info[name] = value;
        }
        info
    }

    /// Where the stage is.
    fn location(&self, root: &mut Value) {
        let export = self.export;
        let host = format!("{}.execute-api.{}.{}", export.api.id, export.region, export.suffix);
        match export.format {
            Format::Swagger => {
                root["host"] = json!(host);
                root["basePath"] = json!(format!("/{}", export.stage));
                root["schemes"] = json!(["https"]);
            }
            Format::OpenApi => {
                let url = format!("https://{host}/{{basePath}}");
                root["servers"] = json!([{"url": url, "variables": {"basePath": {"default": export.stage}}}]);
            }
        }
    }

    fn components(&self, root: &mut Value, schemes: Map<String, Value>) {
        let schemas = self.schemas.all();
        match self.export.format {
            Format::Swagger => {
                if !schemes.is_empty() {
                    root["securityDefinitions"] = Value::Object(schemes);
                }
                if !schemas.is_empty() {
                    root["definitions"] = Value::Object(schemas);
                }
            }
            Format::OpenApi => {
                root["components"] = json!({});
                if !schemas.is_empty() {
                    root["components"]["schemas"] = Value::Object(schemas);
                }
                if !schemes.is_empty() {
                    root["components"]["securitySchemes"] = Value::Object(schemes);
                }
            }
        }
    }

    /// What only API Gateway understands.
    fn extensions(&self, root: &mut Value) {
        let api = self.export.api;
        let mut set = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                root[format!("x-amazon-apigateway-{name}")] = value;
            }
        };
        set("gateway-responses", self.gateway_responses());
        set("request-validators", self.request_validators());
        let media_types = &api.binary_media_types;
        set("binary-media-types", (!media_types.is_empty()).then(|| json!(media_types)));
        set("minimum-compression-size", api.minimum_compression_size.map(|size| json!(size)));
        set("api-key-source", (api.api_key_source == "AUTHORIZER").then(|| json!("AUTHORIZER")));
        set("policy", api.policy.as_deref().and_then(|policy| serde_json::from_str(policy).ok()));
        set("endpoint-access-mode", api.endpoint_access_mode.as_ref().map(|mode| json!(mode)));
        set("security-policy", api.security_policy.as_ref().map(|policy| json!(policy)));
        if let Some(endpoint) = self.endpoint() {
            const NAME: &str = "x-amazon-apigateway-endpoint-configuration";
            match self.export.format {
                Format::Swagger => root[NAME] = endpoint,
                Format::OpenApi => root["servers"][0][NAME] = endpoint,
            }
        }
    }

    fn gateway_responses(&self) -> Option<Value> {
        let mut responses = json!({});
        for (kind, response) in &self.export.api.gateway_responses {
            let mut exported = json!({});
            if let Some(status) = &response.status_code {
                exported["statusCode"] = json!(status);
            }
            if !response.response_parameters.is_empty() {
                exported["responseParameters"] = json!(response.response_parameters);
            }
            if !response.response_templates.is_empty() {
                exported["responseTemplates"] = json!(response.response_templates);
            }
            responses[kind.as_str()] = exported;
        }
        (!self.export.api.gateway_responses.is_empty()).then_some(responses)
    }

    fn request_validators(&self) -> Option<Value> {
        let mut validators = json!({});
        for (id, name) in &self.validators {
            let Some(validator) = self.export.api.request_validators.get(*id) else { continue };
            validators[*name] = json!({
                "validateRequestParameters": validator.validate_request_parameters,
                "validateRequestBody": validator.validate_request_body,
            });
        }
        (!self.validators.is_empty()).then_some(validators)
    }

    /// What of the endpoint is no property of the account: the type is not exported.
    fn endpoint(&self) -> Option<Value> {
        let api = self.export.api;
        let mut endpoint = json!({});
        if api.disable_execute_api_endpoint {
            endpoint["disableExecuteApiEndpoint"] = json!(true);
        }
        if !api.endpoint_configuration.vpc_endpoint_ids.is_empty() {
            endpoint["vpcEndpointIds"] = json!(api.endpoint_configuration.vpc_endpoint_ids);
        }
        endpoint.as_object().is_some_and(|members| !members.is_empty()).then_some(endpoint)
    }
}
