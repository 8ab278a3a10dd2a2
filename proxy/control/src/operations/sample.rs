//! An API for tests of what belongs to APIs, made without the operations that make APIs.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use crate::entities::{Integration, Method, Model, Resource, RestApi, Shared};
use crate::testing::Server;

/// Path of the API.
pub(super) const API: &str = "/restapis/a1b2c3d4e5";
const ID: &str = "a1b2c3d4e5";

/// A server with an API that has `GET /` and `POST /pets`, both MOCK, and the models that every API has.
pub(super) fn server() -> Server {
    let mut server = Server::default();
    let mut api = RestApi {
        id: ID.into(),
        name: "pets".into(),
        root_resource_id: "root".into(),
        api_key_source: "HEADER".into(),
        ..RestApi::default()
    };
    add(&mut api, "root", None, "/", "GET");
    add(&mut api, "pets", Some("root"), "/pets", "POST");
    for name in ["Empty", "Error"] {
        let model = Model {
            id: format!("id{name}"),
            name: name.into(),
            schema: Some(r#"{"type":"object"}"#.into()),
            content_type: "application/json".into(),
            ..Model::default()
        };
        api.models.insert(name.into(), Shared::new(model));
    }
    server.put(ID, api);
    server
}

/// Changes the API behind the back of the operations.
pub(super) fn edit(server: &mut Server, change: impl FnOnce(&mut RestApi)) {
    let mut api = (**server.state.get::<RestApi>(ID).unwrap()).clone();
    change(&mut api);
    server.put(ID, api);
}

/// Changes the method `POST /pets` behind the back of the operations.
pub(super) fn edit_post(server: &mut Server, change: impl FnOnce(&mut Method)) {
    edit(server, |api| {
        change(api.resources.get_mut("pets").unwrap().edit().methods.get_mut("POST").unwrap());
    });
}

/// Makes the API one that comes from a file.
pub(super) fn freeze(server: &mut Server) {
    let api = (**server.state.get::<RestApi>(ID).unwrap()).clone();
    server.put_from_file(ID, api, "apis/pets.yaml");
}

/// What is answered to whoever changes something that comes from a file.
pub(super) const FROZEN: &str = "This is defined by apis/pets.yaml in the configuration folder of the node and cannot be changed here; change the file.";

fn add(api: &mut RestApi, id: &str, parent: Option<&str>, path: &str, verb: &str) {
    let method = Method {
        http_method: verb.into(),
        authorization_type: "NONE".into(),
        method_integration: Some(Box::new(Integration { kind: "MOCK".into(), ..Integration::default() })),
        ..Method::default()
    };
    let resource = Resource {
        id: id.into(),
        parent_id: parent.map(Into::into),
        path_part: parent.map(|_| path.trim_start_matches('/').into()),
        path: path.into(),
        methods: [(verb.to_owned(), Box::new(method))].into(),
    };
    api.resources.insert(id.into(), Shared::new(resource));
}
