//! An exported document as a file.

use super::{Export, document};
use crate::days::Day;
use crate::protocol::answer::Answer;
use crate::protocol::error::{Error, ErrorKind};
use bytes::Bytes;

/// The document as a file: YAML where `accepts` asks for it, else JSON.
///
/// # Errors
/// When the API cannot be exported.
pub(crate) fn file(export: &Export<'_>, accepts: Option<&str>) -> Result<Answer, Error> {
    let document = document(export)?;
    let is_yaml = accepts.is_some_and(|accepts| accepts.to_ascii_lowercase().contains("yaml"));
    let text = if is_yaml {
        serde_saphyr::to_string(&document).map_err(|error| error.to_string())
    } else {
        serde_json::to_string_pretty(&document).map_err(|error| error.to_string())
    };
    let text = text.map_err(|error| Error::new(ErrorKind::InternalFailure, error))?;
    let ending = if is_yaml { "yaml" } else { "json" };
    Ok(Answer::File {
        content_type: "application/octet-stream".to_owned(),
        disposition: format!(
            "attachment; filename=\"{}_{}.{ending}\"",
            export.format.name(),
            safe(&export.version())
        ),
        body: Bytes::from(text),
    })
}

impl Export<'_> {
    /// The version of the API, or when it was made.
    pub(super) fn version(&self) -> String {
        let version = self.api.version.clone().filter(|version| !version.is_empty());
        version.unwrap_or_else(|| time(self.api.created_date))
    }
}

/// Free text in a quoted string of a header.
fn safe(text: &str) -> String {
    let is_safe = |c: char| c == ' ' || (c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '/'));
    text.chars().map(|c| if is_safe(c) { c } else { '_' }).collect()
}

/// E.g. `2023-11-14T22:13:20Z`.
fn time(seconds: u64) -> String {
    let (hours, minutes) = (seconds / 3600 % 24, seconds / 60 % 60);
    format!("{}T{hours:02}:{minutes:02}:{:02}Z", Day::of(seconds).text(), seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_dates_of_the_calendar() {
        assert_eq!(time(0), "1970-01-01T00:00:00Z");
        assert_eq!(time(951_782_399), "2000-02-28T23:59:59Z");
        assert_eq!(time(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(time(1_700_000_000), "2023-11-14T22:13:20Z");
        assert_eq!(time(4_107_542_400), "2100-03-01T00:00:00Z");
    }

    #[test]
    fn versions_cannot_leave_the_quotes_of_the_header() {
        assert_eq!(safe("1.0\"\r\nx: y/\\ä"), "1.0___x: y___");
    }
}
