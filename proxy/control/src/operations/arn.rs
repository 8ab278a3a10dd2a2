//! ARNs: `arn:{partition}:{service}:{region}:{account}:{resource}`.

use crate::environment::Environment;
use crate::protocol::error::Error;

/// The resource that an ARN of API Gateway names, e.g. `/restapis/a1b2c3d4e5`; `None` where it is no such ARN.
///
/// Region and account may be any: clients of a node take them from wherever they are configured.
pub(super) fn resource(arn: &str) -> Option<&str> {
    let rest = arn.strip_prefix("arn:")?;
    let mut parts = rest.splitn(5, ':');
    let (partition, service) = (parts.next()?, parts.next()?);
    let (_region, _account) = (parts.next()?, parts.next()?);
    let resource = parts.next()?;
    (!partition.is_empty() && service == "apigateway").then_some(resource)
}

/// Whether all parts are there and those that every ARN has are not empty.
pub(super) fn is_well_formed(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    matches!(parts.as_slice(), ["arn", partition, service, _, _, resource]
        if !partition.is_empty() && !service.is_empty() && !resource.is_empty())
}

pub(super) fn malformed(arn: &str) -> Error {
    Error::bad_request(format!("Invalid ARN. ARN is not well formed {arn}"))
}

/// ARN of what has a unique id in its region.
pub(super) fn of_region(environment: &dyn Environment, path: &str) -> String {
    format!("arn:aws:apigateway:{}::{path}", environment.region())
}

/// ARN of what belongs to private custom domains, whose names each account may use.
pub(super) fn of_account(environment: &dyn Environment, path: &str) -> String {
    format!("arn:aws:apigateway:{}:{}:{path}", environment.region(), environment.account_id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_of_api_gateway_names_a_resource() {
        for (arn, expected) in [
            ("arn:aws:apigateway:us-east-1::/apikeys/a", Some("/apikeys/a")),
            ("arn:aws-cn:apigateway:cn-north-1:1:/domainnames/a+b", Some("/domainnames/a+b")),
            ("arn:aws:lambda:us-east-1:1:function:f", None),
            ("arn::apigateway:us-east-1::/apikeys/a", None),
            ("arn:aws:apigateway:us-east-1:/apikeys/a", None),
            ("/apikeys/a", None),
            ("", None),
        ] {
            assert_eq!(resource(arn), expected, "{arn}");
        }
    }

    #[test]
    fn a_well_formed_arn_has_six_parts() {
        assert!(is_well_formed("arn:aws:iam::123456789012:role/logs"));
        for arn in ["", "invalid-arn", "arn:aws:iam::1", "arn:aws:iam::1:", "arn::iam::1:r", "elb:target:arn"]
        {
            assert!(!is_well_formed(arn), "{arn}");
        }
    }
}
