//! Why a command failed, and what to do about it.

use super::admin::Admin;
use crate::{ENVIRONMENT, INPUT, USAGE};
use edgewit_diff::printable;

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Arguments or variables do not fit each other.
    Usage(String),
    /// Something that was named is not there, or a file cannot be read.
    Input(String),
    /// The machine failed.
    Environment(String),
    /// Nobody answers at the admin address.
    Unreachable { admin: Admin, why: String, is_refused: bool },
    /// The node answered with an error.
    Refused(Box<Refused>),
    /// A failure, and what had become of the command by then.
    Noted(Box<Failure>, String),
}

/// An error that the node answered with.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) admin: Admin,
    pub(crate) status: u16,
    /// From `x-amzn-ErrorType`; empty where there was none.
    pub(crate) kind: String,
    pub(crate) message: String,
    /// Who signed the request; `None` where nobody did.
    pub(crate) access_key_id: Option<String>,
    pub(crate) region: String,
}

impl Failure {
    pub(crate) fn code(&self) -> u8 {
        match self {
            Failure::Usage(_) => USAGE,
            Failure::Input(_) => INPUT,
            Failure::Environment(_) | Failure::Unreachable { .. } => ENVIRONMENT,
            Failure::Refused(refused) if refused.status < 500 => INPUT,
            Failure::Refused(_) => ENVIRONMENT,
            Failure::Noted(failure, _) => failure.code(),
        }
    }

    /// The same failure with what had become of the command by then.
    pub(crate) fn with(self, note: impl Into<String>) -> Self {
        Failure::Noted(Box::new(self), note.into())
    }

    /// What a person reads, over one or more lines.
    pub(crate) fn text(&self) -> String {
        match self {
            Failure::Usage(why) | Failure::Input(why) | Failure::Environment(why) => {
                format!("edgewit: {why}")
            }
            Failure::Unreachable { admin, why, is_refused: true } => format!(
                "edgewit: nothing listens on {admin}: {why}\n  help: start a node with `edgewit serve`, or name the admin address of one with --admin or EDGEWIT_ADMIN"
            ),
            Failure::Unreachable { admin, why, is_refused: false } => {
                format!("edgewit: {admin} cannot be asked: {why}")
            }
            Failure::Refused(refused) => refused.text(),
            Failure::Noted(failure, note) => format!("{}\n  {note}", failure.text()),
        }
    }
}

impl Refused {
    fn text(&self) -> String {
        let kind = if self.kind.is_empty() { String::new() } else { format!(" {}", printable(&self.kind)) };
        // The messages of imports have lines.
        let message: Vec<String> = self.message.lines().map(printable).collect();
        let message = match message.join("\n  ") {
            message if message.is_empty() => "it does not say why".to_owned(),
            message => message,
        };
        let text = format!("edgewit: {} answers {}{kind}: {message}", self.admin, self.status);
        match self.help() {
            Some(help) => format!("{text}\n  help: {help}"),
            None => text,
        }
    }

    fn help(&self) -> Option<String> {
        let region = &self.region;
        match (self.status, self.kind.as_str(), &self.access_key_id) {
            (401 | 403, _, None) => Some(
                "the request was not signed: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to an access key that the node knows"
                    .to_owned(),
            ),
            (_, "UnrecognizedClientException", Some(id)) => {
                Some(format!("the node does not know the access key {id} of AWS_ACCESS_KEY_ID"))
            }
            (_, "InvalidSignatureException", Some(id)) => Some(format!(
                "check that AWS_SECRET_ACCESS_KEY is the secret of {id}, that {region} is the node's region (--region), and the clocks of both machines"
            )),
            (_, "RequestExpiredException", _) => Some("check the clocks of both machines".to_owned()),
            (401 | 403, _, Some(id)) => Some(format!("the access key {id} may not do this")),
            (404 | 405, "" | "UnknownOperationException", _) => Some(
                "there is no control plane at this address: check --admin, and that the node is of this version and has its control plane on"
                    .to_owned(),
            ),
            (429 | 503, _, _) => Some("try again in a moment".to_owned()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, kind: &str, access_key_id: Option<&str>) -> Failure {
        let admin = Admin { host: "127.0.0.1".to_owned(), port: 9080 };
        Failure::Refused(Box::new(Refused {
            admin,
            status,
            kind: kind.to_owned(),
            message: "No.".to_owned(),
            access_key_id: access_key_id.map(str::to_owned),
            region: "us-east-1".to_owned(),
        }))
    }

    #[test]
    fn an_error_of_the_node_is_told_with_its_message() {
        let failure = refused(400, "BadRequestException", None);
        assert_eq!(failure.text(), "edgewit: 127.0.0.1:9080 answers 400 BadRequestException: No.");
        assert_eq!((failure.code(), refused(503, "", None).code()), (INPUT, ENVIRONMENT));
    }

    #[test]
    fn help_says_which_variable_to_set() {
        for (status, kind, signed, expected) in [
            (
                403,
                "MissingAuthenticationTokenException",
                None,
                "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
            ),
            (403, "UnrecognizedClientException", Some("AKIA"), "does not know the access key AKIA"),
            (403, "InvalidSignatureException", Some("AKIA"), "AWS_SECRET_ACCESS_KEY is the secret of AKIA"),
            (403, "AccessDeniedException", Some("AKIA"), "AKIA may not do this"),
            (404, "", None, "no control plane"),
            (429, "TooManyRequestsException", None, "try again"),
        ] {
            let text = refused(status, kind, signed).text();
            assert!(text.contains("\n  help: ") && text.contains(expected), "{text}");
        }
        assert!(!refused(404, "NotFoundException", None).text().contains("help"));
    }

    #[test]
    fn a_node_that_is_not_there_is_told_with_its_address() {
        let admin = Admin { host: "127.0.0.1".to_owned(), port: 9 };
        let failure = Failure::Unreachable { admin, why: "refused".to_owned(), is_refused: true };
        assert!(
            failure
                .text()
                .starts_with("edgewit: nothing listens on 127.0.0.1:9: refused\n  help: start a node")
        );
        assert_eq!(failure.code(), ENVIRONMENT);
    }
}
