//! Kinds of SDKs.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/api/API_GetSdk.html>.

use super::{Handler, stages};
use crate::entities::Stage;
use crate::protocol::Call;
use crate::protocol::answer::Answer;
use crate::protocol::error::Error;
use crate::protocol::page::page;
use crate::state::below;
use serde_json::{Value, json};

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "GetSdk" => generate,
        "GetSdkType" => get,
        "GetSdkTypes" => list,
        _ => return None,
    })
}

/// Checks the request, and says that there is no generator: code that runs on machines of AWS, and that any generator
/// for OpenAPI stands in for.
fn generate(call: &mut Call<'_>) -> Result<Answer, Error> {
    let api = &call.api()?.id;
    let stage = call.input.required("stageName");
    call.state.get::<Stage>(&below(api, stage)).ok_or_else(stages::unknown)?;
    let sdk = find(call.input.required("sdkType"))?;
    let parameters = call.input.map("parameters").unwrap_or_default();
    let missing = sdk.properties.iter().find(|property| {
        property.required && parameters.get(property.name).is_none_or(|value| value.trim().is_empty())
    });
    Err(Error::bad_request(match missing {
        Some(Property { name, .. }) => {
            format!("The parameter '{name}' is required for SDKs of type {}", sdk.id)
        }
        None => {
            "This gateway generates no SDKs. Export the stage as OpenAPI and use a generator for it.".into()
        }
    }))
}

fn get(call: &mut Call<'_>) -> Result<Answer, Error> {
    Ok(Answer::Json(view(find(call.input.required("id"))?)))
}

fn list(call: &mut Call<'_>) -> Result<Answer, Error> {
    Ok(Answer::Json(page(&call.input, SDKS.iter().map(|sdk| (sdk.id, || view(sdk))))))
}

fn find(id: &str) -> Result<&'static Sdk, Error> {
    SDKS.iter().find(|sdk| sdk.id == id).ok_or_else(|| Error::not_found("Invalid SDK type specified"))
}

fn view(sdk: &Sdk) -> Value {
    let properties = sdk.properties.iter().map(|property| {
        json!({
            "name": property.name,
            "friendlyName": property.friendly_name,
            "description": property.description,
            "required": property.required,
        })
    });
    json!({
        "id": sdk.id,
        "friendlyName": sdk.friendly_name,
        "description": sdk.description,
        "configurationProperties": properties.collect::<Vec<Value>>(),
    })
}

struct Sdk {
    id: &'static str,
    friendly_name: &'static str,
    description: &'static str,
    properties: &'static [Property],
}

struct Property {
    name: &'static str,
    friendly_name: &'static str,
    description: &'static str,
    required: bool,
}

const fn required(name: &'static str, friendly_name: &'static str, description: &'static str) -> Property {
    Property { name, friendly_name, description, required: true }
}

const fn optional(name: &'static str, friendly_name: &'static str, description: &'static str) -> Property {
    Property { name, friendly_name, description, required: false }
}

const CLASS_PREFIX: Property =
    required("classPrefix", "Prefix", "What names of generated classes begin with");

/// In the order of their ids, which pages go by.
const SDKS: [Sdk; 6] = [
    Sdk {
        id: "android",
        friendly_name: "Android",
        description: "SDK in Java for Android",
        properties: &[
            required("groupId", "Group ID", "Group of the generated project"),
            required("invokerPackage", "Invoker package", "Package of the generated classes"),
            required("artifactId", "Artifact ID", "Name of the generated archive"),
            required("artifactVersion", "Artifact version", "Version of the generated archive"),
        ],
    },
    Sdk {
        id: "java",
        friendly_name: "Java",
        description: "SDK in Java",
        properties: &[
            required("service.name", "Service Name", "What the name of the client's interface is made from"),
            required("java.package-name", "Java Package Name", "Package of the generated classes"),
            optional("java.build-system", "Java Build System", "maven or gradle"),
            optional("java.group-id", "Java Group Id", "Group of the project; the package name by default"),
            optional(
                "java.artifact-id",
                "Java Artifact Id",
                "Name of the project; the service name by default",
            ),
            optional("java.artifact-version", "Java Artifact Version", "Version; 1.0-SNAPSHOT by default"),
            optional("java.license-text", "Source Code License Text", "What source files begin with"),
        ],
    },
    Sdk { id: "javascript", friendly_name: "JavaScript", description: "SDK in JavaScript", properties: &[] },
    Sdk {
        id: "objectivec",
        friendly_name: "iOS (Objective-C)",
        description: "SDK in Objective-C for iOS",
        properties: &[CLASS_PREFIX],
    },
    Sdk {
        id: "ruby",
        friendly_name: "Ruby",
        description: "SDK in Ruby",
        properties: &[
            required(
                "service.name",
                "Service Name",
                "What the name of the client is made from; letters only",
            ),
            optional(
                "ruby.gem-name",
                "Ruby Gem Name",
                "Name of the gem; the service name and -sdk by default",
            ),
            optional("ruby.gem-version", "Ruby Gem Version", "Version of the gem; 1.0.0 by default"),
        ],
    },
    Sdk {
        id: "swift",
        friendly_name: "iOS (Swift)",
        description: "SDK in Swift for iOS",
        properties: &[CLASS_PREFIX],
    },
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use crate::entities::{RestApi, Stage};
    use crate::testing::Server;
    use serde_json::{Value, json};

    #[test]
    fn six_kinds_are_listed_in_pages() {
        let mut server = Server::default();
        let all = server.ok("GET", "/sdktypes", Value::Null);
        let ids = |page: &Value| -> Vec<String> {
            let items = page["item"].as_array().unwrap().iter();
            items.map(|item| item["id"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(ids(&all), ["android", "java", "javascript", "objectivec", "ruby", "swift"]);
        let first = server.ok("GET", "/sdktypes?limit=4", Value::Null);
        let position = first["position"].as_str().unwrap();
        let second = server.ok("GET", &format!("/sdktypes?limit=4&position={position}"), Value::Null);
        assert_eq!(ids(&second), ["ruby", "swift"]);
        assert_eq!(second.get("position"), None);
    }

    #[test]
    fn a_kind_has_its_properties() {
        let expected = json!({
            "id": "swift",
            "friendlyName": "iOS (Swift)",
            "description": "SDK in Swift for iOS",
            "configurationProperties": [{
                "name": "classPrefix",
                "friendlyName": "Prefix",
                "description": "What names of generated classes begin with",
                "required": true,
            }],
        });
        assert_eq!(Server::default().call("GET", "/sdktypes/swift", Value::Null), (200, expected));
        assert_eq!(
            Server::default().call("GET", "/sdktypes/cobol", Value::Null),
            (404, json!({"message": "Invalid SDK type specified"}))
        );
    }

    #[test]
    fn an_sdk_is_refused_after_its_request_was_checked() {
        let mut server = Server::default();
        server.put("a", RestApi { id: "a".into(), ..RestApi::default() });
        server.put("a/prod", Stage::default());
        for (target, status, message) in [
            ("/restapis/b/stages/prod/sdks/java", 404, "Invalid API identifier specified 123456789012:b"),
            ("/restapis/a/stages/dev/sdks/java", 404, "Invalid stage identifier specified"),
            ("/restapis/a/stages/prod/sdks/cobol", 404, "Invalid SDK type specified"),
            (
                "/restapis/a/stages/prod/sdks/java?service.name=Pets",
                400,
                "The parameter 'java.package-name' is required for SDKs of type java",
            ),
            (
                "/restapis/a/stages/prod/sdks/swift?classPrefix=",
                400,
                "The parameter 'classPrefix' is required for SDKs of type swift",
            ),
            (
                "/restapis/a/stages/prod/sdks/javascript",
                400,
                "This gateway generates no SDKs. Export the stage as OpenAPI and use a generator for it.",
            ),
        ] {
            let expected = (status, json!({"message": message}));
            assert_eq!(server.call("GET", target, Value::Null), expected);
        }
    }
}
