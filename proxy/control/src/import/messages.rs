//! What an import says about a document.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api-errors-warnings.html>.

use crate::protocol::error::Error;
use edgewit_model::{Finding, Severity};

/// The warnings, as `warnings` of an API has them.
pub(super) fn warnings(findings: &[Finding]) -> Vec<String> {
    of(findings, Severity::Warning)
}

/// The refusal of a document: all errors, and all warnings.
pub(super) fn refused(findings: &[Finding]) -> Error {
    let (errors, warnings) = (of(findings, Severity::Error), of(findings, Severity::Warning));
    let mut message = String::new();
    if !errors.is_empty() {
        message.push_str("Errors found during import:");
        list(&mut message, &errors);
    }
    if !warnings.is_empty() {
        let heading = if errors.is_empty() {
            "Warnings found during import:"
        } else {
            "\nAdditionally, these warnings were found:"
        };
        message.push_str(heading);
        list(&mut message, &warnings);
    }
    Error::bad_request(message)
}

/// The refusal of a document for one reason that only shows with the API it is put over.
pub(super) fn refused_for(reason: &str) -> Error {
    Error::bad_request(format!("Errors found during import:\n\t{reason}"))
}

fn list(message: &mut String, lines: &[String]) {
    for line in lines {
        message.push_str("\n\t");
        message.push_str(line);
    }
}

fn of(findings: &[Finding], severity: Severity) -> Vec<String> {
    let chosen = findings.iter().filter(|finding| finding.severity == severity);
    chosen
        .map(|finding| match finding.at.line {
            // In the words of API Gateway already.
            _ if finding.code == "mapping-not-text" => finding.message.clone(),
            0 => finding.message.clone(),
            line => format!("{} (line {line})", finding.message),
        })
        .collect()
}
