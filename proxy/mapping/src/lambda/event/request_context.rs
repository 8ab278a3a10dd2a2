//! `requestContext` of an event.

use super::{AuthorizedBy, EventSource, Receiver};
use crate::ContextVariable as V;
use crate::lambda::json::{self, Object};

/// Writes the object. Members stand in the order in which `$context.keySet()` was seen to give them.
pub(super) fn write(source: &impl EventSource, receiver: Receiver, out: &mut Vec<u8>) {
    let mut context = Object::open(out);
    context.variable("resourceId", source, &V::ResourceId);
    context.optional_variable("operationName", source, &V::OperationName);
    if receiver == Receiver::Integration {
        authorizer(source, &mut context);
    }
    context.variable("resourcePath", source, &V::ResourcePath);
    context.variable("httpMethod", source, &V::HttpMethod);
    context.variable("extendedRequestId", source, &V::ExtendedRequestId);
    context.variable("requestTime", source, &V::RequestTime);
    context.variable("path", source, &V::Path);
    context.variable("accountId", source, &V::AccountId);
    context.variable("protocol", source, &V::Protocol);
    context.variable("stage", source, &V::Stage);
    context.variable("domainPrefix", source, &V::DomainPrefix);
    let out = context.member("requestTimeEpoch");
    match json::variable_number(source, &V::RequestTimeEpoch, out) {
        Some(milliseconds) => json::number(milliseconds, out),
        None => json::null(out),
    }
    context.variable("requestId", source, &V::RequestId);
    identity(source, context.member("identity"));
    context.variable("domainName", source, &V::DomainName);
    if receiver == Receiver::Integration {
        context.variable("deploymentId", source, &V::DeploymentId);
    }
    context.variable("apiId", source, &V::ApiId);
    context.optional("isCanaryRequest", |out| canary(source, out));
    context.optional("customDomain", |out| custom_domain(source, out));
    context.close();
}

/// Who called. The first twelve are always there; the others only where they have a value.
fn identity(source: &impl EventSource, out: &mut Vec<u8>) {
    let mut identity = Object::open(out);
    for (name, variable) in [
        ("accessKey", V::IdentityAccessKey),
        ("accountId", V::IdentityAccountId),
        ("caller", V::IdentityCaller),
        ("cognitoAuthenticationProvider", V::IdentityCognitoAuthenticationProvider),
        ("cognitoAuthenticationType", V::IdentityCognitoAuthenticationType),
        ("cognitoIdentityId", V::IdentityCognitoIdentityId),
        ("cognitoIdentityPoolId", V::IdentityCognitoIdentityPoolId),
        ("principalOrgId", V::IdentityPrincipalOrgId),
        ("sourceIp", V::IdentitySourceIp),
        ("user", V::IdentityUser),
        ("userAgent", V::IdentityUserAgent),
        ("userArn", V::IdentityUserArn),
    ] {
        identity.variable(name, source, &variable);
    }
    for (name, variable) in [
        ("apiKey", V::IdentityApiKey),
        ("apiKeyId", V::IdentityApiKeyId),
        ("vpcId", V::IdentityVpcId),
        ("vpceId", V::IdentityVpceId),
    ] {
        identity.optional_variable(name, source, &variable);
    }
    identity.optional("clientCert", |out| client_certificate(source, out));
    identity.close();
}

fn client_certificate(source: &impl EventSource, out: &mut Vec<u8>) -> bool {
    let mut certificate = Object::open(out);
    let mut present = false;
    certificate.optional("clientCertPem", |out| {
        present = json::push_variable(source, &V::IdentityClientCertPem, out);
        present
    });
    certificate.variable("subjectDN", source, &V::IdentityClientCertSubjectDn);
    certificate.variable("issuerDN", source, &V::IdentityClientCertIssuerDn);
    certificate.variable("serialNumber", source, &V::IdentityClientCertSerialNumber);
    let mut validity = Object::open(certificate.member("validity"));
    validity.variable("notBefore", source, &V::IdentityClientCertNotBefore);
    validity.variable("notAfter", source, &V::IdentityClientCertNotAfter);
    validity.close();
    certificate.close();
    present
}

/// What the authorizer established. Values are texts, whatever they were when the authorizer returned them.
fn authorizer(source: &impl EventSource, context: &mut Object<'_>) {
    match source.authorized_by() {
        AuthorizedBy::Nobody { .. } => {}
        AuthorizedBy::Claims => {
            let mut authorizer = Object::open(context.member("authorizer"));
            let mut claims = Object::open(authorizer.member("claims"));
            source.authorizer_entries(&mut |name, value| json::display(value, claims.member(name)));
            claims.close();
            authorizer.close();
        }
        AuthorizedBy::Lambda => {
            let mut authorizer = Object::open(context.member("authorizer"));
            authorizer.variable("principalId", source, &V::AuthorizerPrincipalId);
            source.authorizer_entries(&mut |name, value| {
                // These two are the gateway's to say, and a member must not stand twice.
                if !matches!(name, "principalId" | "integrationLatency") {
                    json::display(value, authorizer.member(name));
                }
            });
            let out = authorizer.member("integrationLatency");
            // A kept result took no call.
            let latency = json::variable_number(source, &V::AuthorizerIntegrationLatency, out).unwrap_or(0);
            json::number(latency, out);
            authorizer.close();
        }
    }
}

/// Whether the canary serves the request; nothing on a stage without one.
fn canary(source: &impl EventSource, out: &mut Vec<u8>) -> bool {
    let start = out.len();
    if !source.write(&V::IsCanaryRequest, out) {
        return false;
    }
    let canary = out.get(start..) == Some(b"true");
    out.truncate(start);
    json::boolean(canary, out);
    true
}

/// The mapping of a custom domain; an empty base path reads as in access logs.
fn custom_domain(source: &impl EventSource, out: &mut Vec<u8>) -> bool {
    let mut domain = Object::open(out);
    let name = domain.member("basePathMatched");
    let start = name.len();
    let present = json::push_variable(source, &V::CustomDomainBasePathMatched, name);
    if name.get(start..) == Some(b"\"\"") {
        name.truncate(start);
        json::text("(none)", name);
    }
    domain.close();
    present
}
