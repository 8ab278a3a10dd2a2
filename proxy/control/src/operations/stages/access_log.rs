//! Access-log settings of a stage.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html>.

use crate::entities::AccessLogSettings;
use crate::protocol::error::Error;
use edgewit_mapping::template::{Dialect, SubstitutionTemplate};

/// Sets one part of the settings.
pub(super) fn set(settings: &mut Option<AccessLogSettings>, part: &[&str], value: &str) -> Result<(), Error> {
    let field = part_of(part)?;
    if value.is_empty() {
        return Err(Error::bad_request("Access Log value must not be empty"));
    }
    let value = match field {
        Part::DestinationArn => destination(value)?,
        Part::Format => format(value)?,
    };
    *field.of(settings.get_or_insert_default()) = Some(value);
    Ok(())
}

/// Removes one part of the settings, if it is there.
pub(super) fn remove(settings: &mut Option<AccessLogSettings>, part: &[&str]) -> Result<(), Error> {
    let field = part_of(part)?;
    if let Some(there) = settings {
        *field.of(there) = None;
        if *there == AccessLogSettings::default() {
            *settings = None;
        }
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum Part {
    DestinationArn,
    Format,
}

impl Part {
    fn of(self, settings: &mut AccessLogSettings) -> &mut Option<String> {
        match self {
            Self::DestinationArn => &mut settings.destination_arn,
            Self::Format => &mut settings.format,
        }
    }
}

fn part_of(part: &[&str]) -> Result<Part, Error> {
    match part {
        ["destinationArn"] => Ok(Part::DestinationArn),
        ["format"] => Ok(Part::Format),
        _ => Err(Error::bad_request(
            "Invalid accessLogSettings path. Must be one of : [/accessLogSettings/destinationArn, /accessLogSettings/format]",
        )),
    }
}

fn destination(arn: &str) -> Result<String, Error> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let is_log = match parts.as_slice() {
        ["arn", _, "logs", _, _, resource] => resource.starts_with("log-group:"),
        ["arn", _, "firehose", _, _, resource] => resource.starts_with("deliverystream/amazon-apigateway-"),
        _ => false,
    };
    if !is_log {
        return Err(Error::bad_request("Invalid ARN specified in the request"));
    }
    // CloudWatch Logs shows ARNs of groups with the streams in them, and people copy them so.
    Ok(arn.strip_suffix(":*").unwrap_or(arn).to_owned())
}

fn format(text: &str) -> Result<String, Error> {
    if text.trim_end_matches(['\r', '\n']).contains(['\r', '\n']) {
        return Err(Error::bad_request(
            "Access Log format must be single line, new line character is allowed only at end of the format",
        ));
    }
    match SubstitutionTemplate::parse(text, Dialect::AccessLog) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(Error::bad_request(format!("Invalid Access Log format: {error}"))),
    }
}
