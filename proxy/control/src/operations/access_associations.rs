//! Which VPC endpoints may reach private custom domains.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-custom-domains-associations.html>.

use super::{Handler, arn, domain_names, tags};
use crate::entities::{AccessAssociationSource, DomainName, DomainNameAccessAssociation};
use crate::protocol::Call;
use crate::protocol::answer::Answer;
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::page::page;
use serde_json::json;

/// Most associations of an account.
const MAX_ASSOCIATIONS: usize = 100;

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "CreateDomainNameAccessAssociation" => create,
        "DeleteDomainNameAccessAssociation" => delete,
        "GetDomainNameAccessAssociations" => list,
        "RejectDomainNameAccessAssociation" => reject,
        _ => return None,
    })
}

pub(super) fn unknown() -> Error {
    Error::not_found("Invalid domain name access association identifier specified")
}

fn create(call: &mut Call<'_>) -> Result<Answer, Error> {
    let domain_arn = call.input.required("domainNameArn").to_owned();
    let path = arn::resource(&domain_arn).ok_or_else(|| arn::malformed(&domain_arn))?;
    let name = path.strip_prefix("/domainnames/").ok_or_else(domain_names::unknown)?;
    let domain = call.state.get::<DomainName>(name).ok_or_else(domain_names::unknown)?;
    if domain.domain_name_id.is_none() {
        let message = "Access associations are only supported for private custom domain names.";
        return Err(Error::bad_request(message));
    }
    let source = call.input.required("accessAssociationSource").to_owned();
    if !is_endpoint(&source) {
        return Err(Error::bad_request(format!("Invalid VPC endpoint identifier '{source}' specified")));
    }
    let path = format!("/domainnameaccessassociations/domainname/{name}/vpcesource/{source}");
    let arn = arn::of_account(call.environment, &path);
    if call.state.get::<DomainNameAccessAssociation>(&arn).is_some() {
        let message = "The domain name access association already exists";
        return Err(Error::conflict(message));
    }
    if call.state.list::<DomainNameAccessAssociation>("").len() >= MAX_ASSOCIATIONS {
        let message =
            format!("An account can have at most {MAX_ASSOCIATIONS} domain name access associations.");
        return Err(Error::new(ErrorKind::LimitExceeded, message));
    }
    let association = DomainNameAccessAssociation {
        domain_name_access_association_arn: arn.clone(),
        domain_name_arn: domain_names::arn_of(call.environment, domain),
        access_association_source_type: AccessAssociationSource::Vpce,
        access_association_source: source,
        tags: tags::given(&call.input)?,
    };
    let view = json!(association);
    call.state.put(&arn, association)?;
    Ok(Answer::Json(view))
}

fn is_endpoint(source: &str) -> bool {
    source.strip_prefix("vpce-").is_some_and(|id| {
        !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    })
}

fn list(call: &mut Call<'_>) -> Result<Answer, Error> {
    // There is one account, so others have none.
    let mine = call.input.text("resourceOwner") != Some("OTHER_ACCOUNTS");
    let all = call.state.list::<DomainNameAccessAssociation>("").into_iter().filter(|_| mine);
    Ok(Answer::Json(page(&call.input, all.map(|(arn, association)| (arn, move || json!(association))))))
}

fn delete(call: &mut Call<'_>) -> Result<Answer, Error> {
    let arn = call.input.required("domainNameAccessAssociationArn");
    call.state.get::<DomainNameAccessAssociation>(arn).ok_or_else(unknown)?;
    call.state.remove::<DomainNameAccessAssociation>(arn)?;
    Ok(Answer::Empty)
}

/// What the owner of the domain does where that of the endpoint deletes.
fn reject(call: &mut Call<'_>) -> Result<Answer, Error> {
    let arn = call.input.required("domainNameAccessAssociationArn");
    let association = call.state.get::<DomainNameAccessAssociation>(arn).ok_or_else(unknown)?;
    if association.domain_name_arn != call.input.required("domainNameArn") {
        return Err(domain_names::unknown());
    }
    call.state.remove::<DomainNameAccessAssociation>(arn)?;
    Ok(Answer::Empty)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Server, message};
    use serde_json::Value;

    const DOMAIN: &str = "arn:aws:apigateway:us-east-1:123456789012:/domainnames/a.com+1";
    const ASSOCIATION: &str = "arn:aws:apigateway:us-east-1:123456789012:/domainnameaccessassociations/domainname/a.com+1/vpcesource/vpce-1";
    const ALL: &str = "/domainnameaccessassociations";

    fn server() -> Server {
        let mut server = Server::default();
        let domain = DomainName { domain_name: "a.com".into(), ..DomainName::default() };
        server.put("a.com+1", DomainName { domain_name_id: Some("1".into()), ..domain.clone() });
        server.put("a.com", domain);
        server
    }

    fn given(domain: &str, source: &str) -> Value {
        json!({
            "domainNameArn": domain,
            "accessAssociationSourceType": "VPCE",
            "accessAssociationSource": source,
        })
    }

    #[test]
    fn an_endpoint_is_associated_and_no_more() {
        let mut server = server();
        let mut expected = given(DOMAIN, "vpce-1");
        expected["tags"] = json!({"a": "b"});
        let answer = server.call("POST", ALL, expected.clone());
        expected["domainNameAccessAssociationArn"] = json!(ASSOCIATION);
        assert_eq!(answer, (201, expected.clone()));
        for query in ["", "?resourceOwner=SELF"] {
            let answer = server.call("GET", &format!("{ALL}{query}"), Value::Null);
            assert_eq!(answer, (200, json!({"item": [expected]})));
        }
        let others = server.ok("GET", &format!("{ALL}?resourceOwner=OTHER_ACCOUNTS"), Value::Null);
        assert_eq!(others, json!({"item": []}));
        let target =
            format!("{ALL}/{}", ASSOCIATION.replace(':', "%3A").replace('/', "%2F").replace('+', "%2B"));
        assert_eq!(server.call("DELETE", &target, Value::Null), (202, Value::Null));
        let gone = (404, message("Invalid domain name access association identifier specified"));
        assert_eq!(server.call("DELETE", &target, Value::Null), gone);
    }

    #[test]
    fn an_association_is_rejected_by_the_owner_of_its_domain() {
        let mut server = server();
        assert_eq!(server.ok("POST", ALL, given(DOMAIN, "vpce-1")).get("tags"), None);
        let mut reject = |association: &str, domain: &str| {
            let (association, domain) = (association.replace('+', "%2B"), domain.replace('+', "%2B"));
            let query = format!("domainNameAccessAssociationArn={association}&domainNameArn={domain}");
            server.call("POST", &format!("/rejectdomainnameaccessassociations?{query}"), Value::Null)
        };
        let no_domain = (404, message("Invalid domain name identifier specified"));
        assert_eq!(reject(ASSOCIATION, "other"), no_domain);
        assert_eq!(reject(ASSOCIATION, DOMAIN), (202, Value::Null));
        let gone = (404, message("Invalid domain name access association identifier specified"));
        assert_eq!(reject(ASSOCIATION, DOMAIN), gone);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut server = server();
        server.ok("POST", ALL, given(DOMAIN, "vpce-1"));
        let start = "arn:aws:apigateway:us-east-1::";
        for (domain, source, status, text) in [
            (DOMAIN.to_owned(), "vpce-1", 409, "The domain name access association already exists"),
            (DOMAIN.to_owned(), "vpc-1", 400, "Invalid VPC endpoint identifier 'vpc-1' specified"),
            (DOMAIN.to_owned(), "vpce-", 400, "Invalid VPC endpoint identifier 'vpce-' specified"),
            (DOMAIN.to_owned(), "vpce-/", 400, "Invalid VPC endpoint identifier 'vpce-/' specified"),
            (
                format!("{start}/domainnames/a.com"),
                "vpce-2",
                400,
                "Access associations are only supported for private custom domain names.",
            ),
            (format!("{start}/domainnames/b.com"), "vpce-2", 404, "Invalid domain name identifier specified"),
            (format!("{start}/restapis/a"), "vpce-2", 404, "Invalid domain name identifier specified"),
            ("a.com".to_owned(), "vpce-2", 400, "Invalid ARN. ARN is not well formed a.com"),
        ] {
            assert_eq!(server.call("POST", ALL, given(&domain, source)), (status, message(text)));
        }
    }

    #[test]
    fn an_account_has_at_most_a_hundred_associations() {
        let mut server = server();
        for index in 0..99 {
            server.put(&format!("a{index}"), DomainNameAccessAssociation::default());
        }
        assert_eq!(server.call("POST", ALL, given(DOMAIN, "vpce-1")).0, 201);
        let refused = (429, message("An account can have at most 100 domain name access associations."));
        assert_eq!(server.call("POST", ALL, given(DOMAIN, "vpce-2")), refused);
    }
}
