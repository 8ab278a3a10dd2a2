//! Stage variables.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/aws-api-gateway-stage-variables-reference.html>.

use crate::entities::Map;
use crate::protocol::error::Error;

/// Longest name, in characters.
pub(super) const NAME_CHARACTERS: usize = 64;
/// Longest value, in characters.
pub(super) const VALUE_CHARACTERS: usize = 512;

/// That names and values of variables are of the characters and lengths that they may have.
pub(super) fn check(variables: &Map<String>) -> Result<(), Error> {
    variables.iter().try_for_each(|(name, value)| check_one(name, value))
}

fn check_one(name: &str, value: &str) -> Result<(), Error> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(is_word) {
        return Err(Error::bad_request(format!(
            "Invalid stage variable name: {name}.  Please use names with only word characters."
        )));
    }
    if name.len() > NAME_CHARACTERS {
        return Err(Error::bad_request(format!(
            "Invalid stage variable name: {name}.  Please use names with at most {NAME_CHARACTERS} characters."
        )));
    }
    // The message leaves out two characters that the documentation allows, and the documentation the blank.
    if value.is_empty() || !value.chars().all(|c| is_word(c) || " -.~:/?#&=,".contains(c)) {
        return Err(Error::bad_request(format!(
            "Invalid stage variable value: {value}.  Please use values with alphanumeric characters and the symbols ' ', -', '.', '_', ':', '/', '?', '&', '=', and ','."
        )));
    }
    if value.len() > VALUE_CHARACTERS {
        return Err(Error::bad_request(format!(
            "Invalid stage variable value: {value}.  Please use values with at most {VALUE_CHARACTERS} characters."
        )));
    }
    Ok(())
}

/// Sets one variable, or overwrites it.
pub(super) fn set(variables: &mut Option<Map<String>>, name: &str, value: &str) -> Result<(), Error> {
    check_one(name, value)?;
    variables.get_or_insert_default().insert(name.to_owned(), value.to_owned());
    Ok(())
}

/// Sets all variables to those of a JSON object; an empty text is one without entries.
pub(super) fn set_all(variables: &mut Option<Map<String>>, path: &str, value: &str) -> Result<(), Error> {
    let given: Map<String> = match value {
        "" => Map::new(),
        text => serde_json::from_str(text).map_err(|_| {
            Error::bad_request(format!("Invalid value for {path}: expected a JSON object of strings"))
        })?,
    };
    check(&given)?;
    *variables = Some(given).filter(|given| !given.is_empty());
    Ok(())
}

/// Removes one variable, if it is there. A map that is empty is no map.
pub(super) fn remove(variables: &mut Option<Map<String>>, name: &str) {
    if let Some(there) = variables {
        there.shift_remove(name);
        if there.is_empty() {
            *variables = None;
        }
    }
}
