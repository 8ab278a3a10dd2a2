//! Whom a statement is about.

/// The principals of a statement, or those it leaves out.
#[derive(Clone, Debug)]
pub(crate) struct Principals {
    pub(crate) negated: bool,
    pub(crate) entries: Box<[Principal]>,
}

/// One principal.
#[derive(Clone, Debug)]
pub(crate) enum Principal {
    /// `*`, also `{"AWS": "*"}`: everybody, anonymous callers included.
    Everybody,
    /// An account: `123456789012` or `arn:aws:iam::123456789012:root`.
    Account(Box<str>),
    /// A user, a role, or a session of a role.
    Arn(Box<str>),
    /// A service, an identity provider or a canonical user: no caller of an API is one.
    Other,
}

impl Principal {
    /// An entry under `"AWS"`.
    pub(crate) fn aws(text: &str) -> Self {
        if text == "*" {
            return Self::Everybody;
        }
        if is_account(text) {
            return Self::Account(text.into());
        }
        match iam_parts(text) {
            Some((_, account, "root")) => Self::Account(account.into()),
            _ => Self::Arn(text.into()),
        }
    }

    fn matches(&self, caller: Option<&str>) -> bool {
        match (self, caller) {
            (Self::Everybody, _) => true,
            (Self::Account(account), Some(caller)) => {
                caller == &**account
                    || iam_parts(caller).is_some_and(|(_, of_caller, _)| of_caller == &**account)
            }
            (Self::Arn(arn), Some(caller)) => **arn == *caller || role_of_session(caller, arn),
            _ => false,
        }
    }
}

impl Principals {
    pub(crate) fn include(&self, caller: Option<&str>) -> bool {
        self.entries.iter().any(|principal| principal.matches(caller)) != self.negated
    }
}

pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// Service, account and resource of an IAM or STS ARN.
fn iam_parts(arn: &str) -> Option<(&str, &str, &str)> {
    let mut parts = arn.splitn(6, ':');
    let (Some("arn"), Some(_), Some(service @ ("iam" | "sts"))) = (parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    let (_region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
    Some((service, account, resource))
}

/// Whether `caller` is a session, `assumed-role/NAME/SESSION`, of the role `role/[PATH/]NAME`.
fn role_of_session(caller: &str, role: &str) -> bool {
    let (Some(("sts", account, session)), Some(("iam", role_account, role))) =
        (iam_parts(caller), iam_parts(role))
    else {
        return false;
    };
    let session_role = session.strip_prefix("assumed-role/").and_then(|rest| rest.split('/').next());
    let role_name = role.strip_prefix("role/").and_then(|rest| rest.rsplit('/').next());
    account == role_account && session_role.is_some() && session_role == role_name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers() {
        const ANN: &str = "arn:aws:iam::123456789012:user/ann";
        const SESSION: &str = "arn:aws:sts::123456789012:assumed-role/reader/s1";
        let table = [
            ("*", None, true),
            ("*", Some(ANN), true),
            ("123456789012", Some(ANN), true),
            ("123456789012", Some("123456789012"), true),
            ("123456789012", None, false),
            ("999999999999", Some(ANN), false),
            ("arn:aws:iam::123456789012:root", Some(ANN), true),
            ("arn:aws:iam::123456789012:root", Some(SESSION), true),
            (ANN, Some(ANN), true),
            (ANN, Some("arn:aws:iam::123456789012:user/bob"), false),
            ("arn:aws:iam::123456789012:role/reader", Some(SESSION), true),
            ("arn:aws:iam::123456789012:role/team/reader", Some(SESSION), true),
            ("arn:aws:iam::123456789012:role/writer", Some(SESSION), false),
            ("arn:aws:iam::999999999999:role/reader", Some(SESSION), false),
            (SESSION, Some(SESSION), true),
        ];
        for (principal, caller, expected) in table {
            assert_eq!(Principal::aws(principal).matches(caller), expected, "{principal} {caller:?}");
        }
        let others = Principals { negated: true, entries: [Principal::aws(ANN)].into() };
        assert!(!others.include(Some(ANN)));
        assert!(others.include(None));
        assert!(!Principal::Other.matches(Some(ANN)));
    }
}
