//! Sample mapping templates.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use super::sample::TEMPLATE_BYTES;
use crate::operations::sample::{API, edit, server};
use crate::testing::Server;
use serde_json::{Value, json};

const ADDRESS: &str = "https://apigateway.amazonaws.com/restapis/a1b2c3d4e5/models/";

/// The template of a model with this schema.
fn template(server: &mut Server, schema: &Value) -> String {
    let body = json!({"name": "Sample", "contentType": "application/json", "schema": schema.to_string()});
    server.ok("POST", &format!("{API}/models"), body);
    read(server, "Sample")
}

fn read(server: &mut Server, name: &str) -> String {
    let path = format!("{API}/models/{name}/default_template");
    server.ok("GET", &path, Value::Null)["value"].as_str().unwrap().to_owned()
}

#[test]
fn an_object_has_a_sample_for_each_property() {
    let schema = json!({"type": "object", "properties": {
        "a": {"type": "number"}, "op": {"type": "string"}, "n": {"type": "integer"},
        "b": {"type": ["null", "boolean"]}, "none": {"type": "null"}, "color": {"enum": ["red", "blue"]},
        "any": {}, "one": {"oneOf": [{"type": "null"}, {"type": "string"}]},
    }});
    assert_eq!(
        template(&mut server(), &schema),
        r##"#set($inputRoot = $input.path('$'))
{
  "a" : 3.1415,
  "op" : "foo",
  "n" : 42,
  "b" : true,
  "none" : null,
  "color" : "red",
  "any" : { },
  "one" : "foo"
}"##
    );
}

#[test]
fn an_array_is_a_loop() {
    let pet = json!({"properties": {"id": {"type": "integer"}, "tags": {"items": {"type": "string"}}}});
    assert_eq!(
        template(&mut server(), &json!({"type": "array", "items": pet})),
        r##"#set($inputRoot = $input.path('$'))
[
  ## Let this loop go over the array of the input.
  #foreach($elem in $inputRoot)
    {
      "id" : 42,
      "tags" : [
        ## Let this loop go over the array of the input.
        #foreach($elem in $inputRoot)
          "foo"#if($foreach.hasNext),#end
        #end
      ]
    }#if($foreach.hasNext),#end
  #end
]"##
    );
}

#[test]
fn references_are_followed_until_they_come_back() {
    let schema = json!({
        "properties": {
            "next": {"$ref": format!("{ADDRESS}Sample")},
            "size": {"$ref": "#/definitions/Size"},
            "error": {"$ref": format!("{ADDRESS}Error")},
        },
        "definitions": {"Size": {"properties": {"cm": {"type": "number"}}}},
    });
    assert_eq!(
        template(&mut server(), &schema),
        r##"#set($inputRoot = $input.path('$'))
{
  "next" : { },
  "size" : {
    "cm" : 3.1415
  },
  "error" : { }
}"##
    );
}

#[test]
fn what_has_no_schema_has_an_empty_template() {
    let mut server = server();
    let empty = "#set($inputRoot = $input.path('$'))\n{ }";
    assert_eq!(read(&mut server, "Empty"), empty);
    server.ok("POST", &format!("{API}/models"), json!({"name": "Text", "contentType": "text/plain"}));
    assert_eq!(read(&mut server, "Text"), empty);
    assert_eq!(
        server.call("GET", &format!("{API}/models/None/default_template"), Value::Null),
        (404, json!({"message": "Invalid model name specified: None"}))
    );
}

#[test]
fn references_that_double_end() {
    let mut definitions = serde_json::Map::new();
    for level in 0..64 {
        let next = json!({"$ref": format!("#/definitions/d{}", level + 1)});
        definitions.insert(format!("d{level}"), json!({"properties": {"left": next, "right": next}}));
    }
    definitions.insert("d64".into(), json!({"type": "string"}));
    let schema = json!({"$ref": "#/definitions/d0", "definitions": definitions});
    assert!(template(&mut server(), &schema).len() < 2 * TEMPLATE_BYTES);
}

#[test]
fn a_schema_that_was_not_checked_is_no_harm() {
    let mut server = server();
    edit(&mut server, |api| {
        api.models.get_mut("Empty").unwrap().edit().schema = Some(r##"{"$ref": "#/nowhere"}"##.into());
        api.models.get_mut("Error").unwrap().edit().schema = Some("no JSON".into());
    });
    for name in ["Empty", "Error"] {
        assert_eq!(read(&mut server, name), "#set($inputRoot = $input.path('$'))\n{ }");
        server.ok("GET", &format!("{API}/models/{name}?flatten=true"), Value::Null);
    }
}
