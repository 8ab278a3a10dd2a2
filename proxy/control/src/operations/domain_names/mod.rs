//! Custom domain names.

mod checks;
mod patches;
#[cfg(test)]
mod tests;

use super::{Handler, arn, set, tags};
use crate::entities::{DomainName, DomainNameAccessAssociation, EndpointConfiguration, MutualTls};
use crate::environment::{self, Environment};
use crate::protocol::Call;
use crate::protocol::answer::Answer;
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::page::page;
use serde_json::{Value, json};

/// Most public names of an account.
const MAX_PUBLIC: usize = 120;
/// Most private names of an account.
const MAX_PRIVATE: usize = 50;
/// Characters of the id that tells private domains of one name apart.
const ID_CHARS: usize = 10;
/// Route 53's zone of distributions, the same for all of them.
const DISTRIBUTION_ZONE: &str = "Z2FDTNDATAQYW2";
/// Route 53's zone of API Gateway in one region. Hosts of a node are in no zone, but clients expect to read one.
const REGIONAL_ZONE: &str = "Z1UJRXOUMOOFQ8";

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "CreateDomainName" => create,
        "DeleteDomainName" => delete,
        "GetDomainName" => get,
        "GetDomainNames" => list,
        "UpdateDomainName" => update,
        _ => return None,
    })
}

pub(super) fn unknown() -> Error {
    Error::not_found("Invalid domain name identifier specified")
}

/// Key of the domain that the request names: with its id where it is private.
pub(super) fn key(call: &Call<'_>) -> String {
    let name = call.input.required("domainName");
    match call.input.text("domainNameId").filter(|id| !id.is_empty()) {
        Some(id) => format!("{name}+{id}"),
        None => name.to_owned(),
    }
}

/// The domain that the request names.
pub(super) fn find<'c>(call: &'c Call<'_>) -> Result<&'c DomainName, Error> {
    call.state.get::<DomainName>(&key(call)).ok_or_else(unknown)
}

pub(super) fn arn_of(environment: &dyn Environment, domain: &DomainName) -> String {
    match &domain.domain_name_id {
        Some(id) => arn::of_account(environment, &format!("/domainnames/{}+{id}", domain.domain_name)),
        None => arn::of_region(environment, &format!("/domainnames/{}", domain.domain_name)),
    }
}

fn create(call: &mut Call<'_>) -> Result<Answer, Error> {
    let mut domain = given(call)?;
    checks::check_name(&domain)?;
    checks::check(&domain)?;
    check_count(call, &domain)?;
    let mut key = domain.domain_name.clone();
    if is_private(&domain) {
        let id = environment::id(call.environment, ID_CHARS);
        key = format!("{key}+{id}");
        domain.domain_name_id = Some(id);
    } else if is_taken(call, &domain.domain_name) {
        return Err(Error::bad_request("The domain name you provided already exists."));
    }
    name_endpoints(call.environment, &mut domain);
    let view = tags::any_shown(view(call.environment, &domain), &domain.tags);
    call.state.put(&key, domain)?;
    Ok(Answer::Json(view))
}

fn given(call: &Call<'_>) -> Result<DomainName, Error> {
    let input = &call.input;
    let with_certificate = ["certificate", "regionalCertificate"]
        .iter()
        .any(|prefix| ["Name", "Arn", "Body"].iter().any(|suffix| input.has(&format!("{prefix}{suffix}"))));
    let mutual_tls = input.value::<MutualTls>("mutualTlsAuthentication");
    Ok(DomainName {
        domain_name: input.required("domainName").to_owned(),
        certificate_name: input.non_empty("certificateName"),
        certificate_arn: input.non_empty("certificateArn"),
        certificate_body: input.non_empty("certificateBody"),
        certificate_private_key: input.non_empty("certificatePrivateKey"),
        certificate_chain: input.non_empty("certificateChain"),
        certificate_upload_date: with_certificate.then(|| call.environment.now()),
        regional_certificate_name: input.non_empty("regionalCertificateName"),
        regional_certificate_arn: input.non_empty("regionalCertificateArn"),
        endpoint_configuration: endpoints(input.value("endpointConfiguration").unwrap_or_default()),
        security_policy: Some(input.non_empty("securityPolicy").unwrap_or_else(|| "TLS_1_2".into())),
        endpoint_access_mode: input.non_empty("endpointAccessMode"),
        mutual_tls_authentication: mutual_tls.filter(|tls| tls.truststore_uri.is_some()),
        ownership_verification_certificate_arn: input.non_empty("ownershipVerificationCertificateArn"),
        policy: input.non_empty("policy"),
        routing_mode: Some(input.non_empty("routingMode").unwrap_or_else(|| "BASE_PATH_MAPPING_ONLY".into())),
        tags: tags::given(input)?,
        ..DomainName::default()
    })
}

/// Fills in what is not given: an edge endpoint with IPv4, and both kinds of addresses where it is private.
fn endpoints(mut given: EndpointConfiguration) -> EndpointConfiguration {
    if given.types.is_empty() {
        given.types.push(EndpointConfiguration::EDGE.into());
    }
    given.fill_in_address_type();
    given
}

fn is_private(domain: &DomainName) -> bool {
    domain.endpoint_configuration.has(EndpointConfiguration::PRIVATE)
}

/// Names of hosts are the same in either letter case.
fn is_taken(call: &Call<'_>, name: &str) -> bool {
    let mut others = call.state.list::<DomainName>("").into_iter().map(|(_, other)| other);
    others.any(|other| other.domain_name_id.is_none() && other.domain_name.eq_ignore_ascii_case(name))
}

fn check_count(call: &Call<'_>, domain: &DomainName) -> Result<(), Error> {
    let private = is_private(domain);
    let all = call.state.list::<DomainName>("").into_iter();
    let count = all.filter(|(_, other)| is_private(other) == private).count();
    let (most, kind) = if private { (MAX_PRIVATE, "private") } else { (MAX_PUBLIC, "public") };
    if count >= most {
        let message = format!("An account can have at most {most} {kind} custom domain names.");
        return Err(Error::new(ErrorKind::LimitExceeded, message));
    }
    Ok(())
}

/// Gives each endpoint the name that DNS points the domain to.
fn name_endpoints(environment: &mut dyn Environment, domain: &mut DomainName) {
    if !domain.endpoint_configuration.has(EndpointConfiguration::EDGE) {
        domain.distribution_domain_name = None;
    } else if domain.distribution_domain_name.is_none() {
        let label = environment::id(environment, 13);
        domain.distribution_domain_name = Some(format!("d{label}.cloudfront.net"));
    }
    if !domain.endpoint_configuration.has(EndpointConfiguration::REGIONAL) {
        domain.regional_domain_name = None;
    } else if domain.regional_domain_name.is_none() {
        let label = environment::id(environment, 10);
        let region = environment.region();
        // Names in DNS have no port.
        let suffix = environment.suffix().split(':').next().unwrap_or_default();
        domain.regional_domain_name = Some(format!("d-{label}.execute-api.{region}.{suffix}"));
    }
}

fn get(call: &mut Call<'_>) -> Result<Answer, Error> {
    let domain = find(call)?;
    Ok(Answer::Json(tags::shown(view(call.environment, domain), &domain.tags)))
}

fn list(call: &mut Call<'_>) -> Result<Answer, Error> {
    // There is one account, so others have none.
    let mine = call.input.text("resourceOwner") != Some("OTHER_ACCOUNTS");
    let all = call.state.list::<DomainName>("").into_iter().filter(|_| mine);
    let entries =
        all.map(|(key, domain)| (key, || tags::any_shown(view(call.environment, domain), &domain.tags)));
    Ok(Answer::Json(page(&call.input, entries)))
}

fn update(call: &mut Call<'_>) -> Result<Answer, Error> {
    let key = key(call);
    let before = find(call)?;
    let mut domain = before.clone();
    let operations = call.input.patch_operations();
    patches::apply(&mut domain, &operations, call.environment.now())?;
    checks::check(&domain)?;
    checks::check_change(before, &domain)?;
    name_endpoints(call.environment, &mut domain);
    let view = tags::shown(view(call.environment, &domain), &domain.tags);
    call.state.put(&key, domain)?;
    Ok(Answer::Json(view))
}

/// Its mappings go with it, and so do the associations of endpoints with it.
fn delete(call: &mut Call<'_>) -> Result<Answer, Error> {
    let arn = arn_of(call.environment, find(call)?);
    call.state.remove_all("", |it: &DomainNameAccessAssociation| it.domain_name_arn == arn)?;
    let key = key(call);
    call.state.remove::<DomainName>(&key)?;
    Ok(Answer::Empty)
}

fn view(environment: &dyn Environment, domain: &DomainName) -> Value {
    let mut view = json!({
        "domainName": domain.domain_name,
        "domainNameArn": arn_of(environment, domain),
        "domainNameStatus": "AVAILABLE",
        "endpointConfiguration": domain.endpoint_configuration,
    });
    let zone = |host: &Option<String>, zone: &str| host.as_ref().map(|_| zone.to_owned());
    let distribution_zone = zone(&domain.distribution_domain_name, DISTRIBUTION_ZONE);
    let regional_zone = zone(&domain.regional_domain_name, REGIONAL_ZONE);
    for (name, value) in [
        ("domainNameId", &domain.domain_name_id),
        ("certificateName", &domain.certificate_name),
        ("certificateArn", &domain.certificate_arn),
        ("regionalCertificateName", &domain.regional_certificate_name),
        ("regionalCertificateArn", &domain.regional_certificate_arn),
        ("regionalDomainName", &domain.regional_domain_name),
        ("distributionDomainName", &domain.distribution_domain_name),
        ("distributionHostedZoneId", &distribution_zone),
        ("regionalHostedZoneId", &regional_zone),
        ("securityPolicy", &domain.security_policy),
        ("endpointAccessMode", &domain.endpoint_access_mode),
        ("ownershipVerificationCertificateArn", &domain.ownership_verification_certificate_arn),
        ("managementPolicy", &domain.management_policy),
        ("policy", &domain.policy),
        ("routingMode", &domain.routing_mode),
    ] {
        set(&mut view, name, value.clone());
    }
    set(&mut view, "certificateUploadDate", domain.certificate_upload_date);
    let mutual_tls = domain.mutual_tls_authentication.as_ref();
    set(&mut view, "mutualTlsAuthentication", mutual_tls.map(|tls| json!(tls)));
    view
}
