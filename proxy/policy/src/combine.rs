//! How the verdict about a caller and the verdict of a resource policy make one.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html>.

use crate::Verdict::{self, Allow, ExplicitDeny, Silent};

/// Lambda authorizers, and IAM callers of the API's own account: either side's permission is enough.
pub fn same_account(caller: Verdict, resource_policy: Verdict) -> Verdict {
    match (caller, resource_policy) {
        (ExplicitDeny, _) | (_, ExplicitDeny) => ExplicitDeny,
        (Allow, _) | (_, Allow) => Allow,
        (Silent, Silent) => Silent,
    }
}

/// IAM callers of other accounts, and Cognito user pools: both sides must permit.
pub fn both_required(caller: Verdict, resource_policy: Verdict) -> Verdict {
    match (caller, resource_policy) {
        (ExplicitDeny, _) | (_, ExplicitDeny) => ExplicitDeny,
        (Allow, Allow) => Allow,
        _ => Silent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_a_and_b() {
        let table = [
            (Allow, Allow, Allow, Allow),
            (Allow, Silent, Allow, Silent),
            (Allow, ExplicitDeny, ExplicitDeny, ExplicitDeny),
            (Silent, Allow, Allow, Silent),
            (Silent, Silent, Silent, Silent),
            (Silent, ExplicitDeny, ExplicitDeny, ExplicitDeny),
            (ExplicitDeny, Allow, ExplicitDeny, ExplicitDeny),
            (ExplicitDeny, Silent, ExplicitDeny, ExplicitDeny),
            (ExplicitDeny, ExplicitDeny, ExplicitDeny, ExplicitDeny),
        ];
        for (caller, policy, a, b) in table {
            assert_eq!(same_account(caller, policy), a, "{caller:?} {policy:?}");
            assert_eq!(both_required(caller, policy), b, "{caller:?} {policy:?}");
        }
    }
}
