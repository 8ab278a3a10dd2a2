//! Reads the lines of `tokens` and finds the one that a request presents.

use std::hint::black_box;

/// What a line says about its token.
#[derive(Clone, Copy)]
pub(crate) enum Rule<'a> {
    /// `TOKEN allow PRINCIPAL [role=TEXT] [plan=NUMBER] [beta=true|false]`
    Allow { principal: &'a str, role: &'a str, plan: i64, beta: bool },
    /// `TOKEN deny [REASON]`
    Deny { reason: &'a str },
}

/// The rule for the token `presented`, or none when no line holds it.
///
/// Every line is looked at and every byte of it compared, so that the time taken does not tell an attacker how much of
/// a guess was right.
pub(crate) fn find<'a>(tokens: &'a str, presented: &str) -> Result<Option<Rule<'a>>, String> {
    let mut found = None;
    for (index, line) in tokens.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (token, rule) =
            parse(line).map_err(|reason| format!("config `tokens`, line {}: {reason}", index + 1))?;
        if same(token.as_bytes(), presented.as_bytes()) {
            found = Some(rule);
        }
    }
    Ok(found)
}

fn parse(line: &str) -> Result<(&str, Rule<'_>), String> {
    let (token, rest) = word(line);
    let (verb, rest) = word(rest);
    match verb {
        "deny" => Ok((token, Rule::Deny { reason: rest })),
        "allow" => allow(rest).map(|rule| (token, rule)),
        // The token itself stays out of the message: it is a secret and the message goes to a log.
        other => Err(format!("found `{other}` after the token, expected `allow` or `deny`")),
    }
}

fn allow(rest: &str) -> Result<Rule<'_>, String> {
    let (principal, mut rest) = word(rest);
    if principal.is_empty() {
        return Err("found nothing after `allow`, expected a principal".to_owned());
    }
    let (mut role, mut plan, mut beta) = ("reader", 1, false);
    while !rest.is_empty() {
        let (setting, next) = word(rest);
        rest = next;
        match setting.split_once('=') {
            Some(("role", value)) => role = value,
            Some(("plan", value)) => {
                plan = value.parse().map_err(|_| format!("found plan `{value}`, expected a whole number"))?;
            }
            Some(("beta", value)) => {
                beta = value.parse().map_err(|_| format!("found beta `{value}`, expected true or false"))?;
            }
            _ => return Err(format!("found `{setting}`, expected role=, plan= or beta=")),
        }
    }
    Ok(Rule::Allow { principal, role, plan, beta })
}

/// The first word and what follows it.
fn word(text: &str) -> (&str, &str) {
    match text.split_once(char::is_whitespace) {
        Some((first, rest)) => (first, rest.trim_start()),
        None => (text, ""),
    }
}

/// Compares in a time that depends on the lengths alone.
fn same(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    let difference = left.iter().zip(right).fold(0, |all, (a, b)| all | black_box(a ^ b));
    black_box(difference) == 0
}
