//! Certificates that the node shows to backends.

use super::patch_map::non_empty;
use super::patching::Paths;
use super::{Handler, set, tags};
use crate::entities::{ClientCertificate, Stage};
use crate::environment;
use crate::protocol::Call;
use crate::protocol::answer::Answer;
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::page::page;
use serde_json::{Value, json};

/// Most certificates of an account.
const MAX_CERTIFICATES: usize = 60;
/// Characters of an id.
const ID_CHARS: usize = 6;
/// Whom the certificates are for.
const COMMON_NAME: &str = "ApiGateway";
const PATHS: Paths = Paths::replace(&["/description"]);

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "DeleteClientCertificate" => delete,
        "GenerateClientCertificate" => generate,
        "GetClientCertificate" => get,
        "GetClientCertificates" => list,
        "UpdateClientCertificate" => update,
        _ => return None,
    })
}

pub(super) fn unknown() -> Error {
    Error::not_found("Invalid Client Certificate identifier specified")
}

fn generate(call: &mut Call<'_>) -> Result<Answer, Error> {
    let tags = tags::given(&call.input)?;
    if call.state.list::<ClientCertificate>("").len() >= MAX_CERTIFICATES {
        let message = format!("An account can have at most {MAX_CERTIFICATES} client certificates.");
        return Err(Error::new(ErrorKind::LimitExceeded, message));
    }
    let made = call.environment.client_certificate(COMMON_NAME)?;
    let certificate = ClientCertificate {
        client_certificate_id: environment::id(call.environment, ID_CHARS),
        description: call.input.non_empty("description"),
        pem_encoded_certificate: made.certificate,
        private_key: made.private_key,
        created_date: call.environment.now(),
        expiration_date: made.not_after,
        tags,
    };
    let view = tags::any_shown(view(&certificate), &certificate.tags);
    call.state.put(&certificate.client_certificate_id.clone(), certificate)?;
    Ok(Answer::Json(view))
}

fn get(call: &mut Call<'_>) -> Result<Answer, Error> {
    let certificate = find(call)?;
    Ok(Answer::Json(tags::shown(view(certificate), &certificate.tags)))
}

fn list(call: &mut Call<'_>) -> Result<Answer, Error> {
    let all = call.state.list::<ClientCertificate>("").into_iter();
    Ok(Answer::Json(page(
        &call.input,
        all.map(|(id, certificate)| (id, || tags::any_shown(view(certificate), &certificate.tags))),
    )))
}

fn update(call: &mut Call<'_>) -> Result<Answer, Error> {
    let mut certificate = find(call)?.clone();
    for operation in call.input.patch_operations() {
        PATHS.check(&operation)?;
        certificate.description = non_empty(&operation);
    }
    let view = tags::shown(view(&certificate), &certificate.tags);
    call.state.put(&certificate.client_certificate_id.clone(), certificate)?;
    Ok(Answer::Json(view))
}

fn delete(call: &mut Call<'_>) -> Result<Answer, Error> {
    let id = find(call)?.client_certificate_id.clone();
    let stages = call.state.list::<Stage>("");
    let user = stages.iter().find(|(_, stage)| stage.client_certificate_id.as_deref() == Some(&*id));
    if let Some((stage, _)) = user {
        let message =
            format!("Cannot delete client certificate {id} because stages use it, including {stage}");
        return Err(Error::bad_request(message));
    }
    drop(stages);
    call.state.remove::<ClientCertificate>(&id)?;
    Ok(Answer::Empty)
}

fn find<'c>(call: &'c Call<'_>) -> Result<&'c ClientCertificate, Error> {
    call.state.get::<ClientCertificate>(call.input.required("clientCertificateId")).ok_or_else(unknown)
}

fn view(certificate: &ClientCertificate) -> Value {
    let mut view = json!({
        "clientCertificateId": certificate.client_certificate_id,
        "pemEncodedCertificate": certificate.pem_encoded_certificate,
        "createdDate": certificate.created_date,
        "expirationDate": certificate.expiration_date,
    });
    set(&mut view, "description", certificate.description.clone());
    view
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use crate::testing::{Server, message};

    const ALL: &str = "/clientcertificates";

    #[test]
    fn a_certificate_is_made_shown_and_deleted() {
        let mut server = Server::default();
        let (status, answer) = server.call("POST", ALL, json!({}));
        let id = answer["clientCertificateId"].as_str().unwrap().to_owned();
        let mut expected = json!({
            "clientCertificateId": id,
            "pemEncodedCertificate":
                "-----BEGIN CERTIFICATE-----\nApiGateway\n-----END CERTIFICATE-----\n",
            "createdDate": 1_700_000_000,
            "expirationDate": 1_700_000_000 + 365 * 24 * 3600,
        });
        assert_eq!((status, id.len(), &answer), (201, 6, &expected));
        assert_eq!(server.call("GET", ALL, Value::Null), (200, json!({"item": [expected]})));
        expected["tags"] = json!({});
        let target = format!("{ALL}/{id}");
        assert_eq!(server.call("GET", &target, Value::Null), (200, expected));
        assert!(server.state.get::<ClientCertificate>(&id).unwrap().private_key.contains("PRIVATE KEY"));
        assert_eq!(server.call("DELETE", &target, Value::Null), (202, Value::Null));
        assert_eq!(server.ok("GET", ALL, Value::Null), json!({"item": []}));
    }

    #[test]
    fn a_certificate_has_a_description_and_tags() {
        let mut server = Server::default();
        let answer = server.ok("POST", ALL, json!({"description": "d", "tags": {"a": "b"}}));
        assert_eq!((&answer["description"], &answer["tags"]), (&json!("d"), &json!({"a": "b"})));
        let target = format!("{ALL}/{}", answer["clientCertificateId"].as_str().unwrap());
        let (_, patched) = server.patch(&target, &[("replace", "/description", "e")]);
        assert_eq!((&patched["description"], &patched["tags"]), (&json!("e"), &json!({"a": "b"})));
        assert_eq!(server.patch(&target, &[("replace", "/description", "")]).1.get("description"), None);
        for (operation, text) in [
            (
                ("replace", "/tags", "x"),
                "Invalid patch path  '/tags' specified for op 'replace'. Must be one of: [/description]",
            ),
            (
                ("add", "/description", "x"),
                "Invalid patch path  '/description' specified for op 'add'. Please choose supported operations",
            ),
        ] {
            assert_eq!(server.patch(&target, &[operation]), (400, message(text)));
        }
    }

    #[test]
    fn a_certificate_in_use_cannot_be_deleted() {
        let mut server = Server::default();
        let answer = server.ok("POST", ALL, json!({}));
        let id = answer["clientCertificateId"].as_str().unwrap();
        server.put("api/prod", Stage { client_certificate_id: Some(id.into()), ..Stage::default() });
        let target = format!("{ALL}/{id}");
        let text = format!("Cannot delete client certificate {id} because stages use it, including api/prod");
        assert_eq!(server.call("DELETE", &target, Value::Null), (400, message(&text)));
        server.put("api/prod", Stage::default());
        assert_eq!(server.call("DELETE", &target, Value::Null).0, 202);
    }

    #[test]
    fn a_certificate_that_is_not_there_is_told() {
        let unknown = (404, message("Invalid Client Certificate identifier specified"));
        assert_eq!(Server::default().call("GET", "/clientcertificates/none", Value::Null), unknown);
        assert_eq!(Server::default().call("DELETE", "/clientcertificates/none", Value::Null), unknown);
        assert_eq!(Server::default().patch("/clientcertificates/none", &[]), unknown);
    }

    #[test]
    fn an_account_has_at_most_sixty_certificates() {
        let mut server = Server::default();
        for _ in 0..60 {
            server.ok("POST", ALL, json!({}));
        }
        let refused = (429, message("An account can have at most 60 client certificates."));
        assert_eq!(server.call("POST", ALL, json!({})), refused);
    }
}
