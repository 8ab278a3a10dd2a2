//! Comma-separated values (RFC 4180), with blanks around values passed over.
//!
//! Values may also be in single quotes, as API Gateway allows for lists of usage plans.

/// How far the end of a value in single quotes is looked for, in characters; without an end it is an apostrophe.
const SINGLE_QUOTED_CHARS: usize = 1024;

/// One record of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// The line that it begins on, from 1.
    pub(super) line: usize,
    pub(super) fields: Vec<String>,
}

/// The records of a file, without those that are blank.
///
/// # Errors
/// The line of a value in double quotes that does not end as one should.
pub(super) fn rows(text: &str) -> Result<Vec<Row>, usize> {
    // Spreadsheets begin files with it.
    let mut reader = Reader { rest: text.trim_start_matches('\u{feff}'), line: 1 };
    let mut rows = Vec::new();
    while !reader.rest.is_empty() {
        let row = reader.row()?;
        if row.fields.iter().any(|field| !field.is_empty()) {
            rows.push(row);
        }
    }
    Ok(rows)
}

struct Reader<'t> {
    rest: &'t str,
    line: usize,
}

impl Reader<'_> {
    fn row(&mut self) -> Result<Row, usize> {
        let mut row = Row { line: self.line, fields: Vec::new() };
        loop {
            row.fields.push(self.field()?);
            if let Some(rest) = self.rest.strip_prefix(',') {
                self.rest = rest;
                continue;
            }
            if let Some(rest) =
                self.rest.strip_prefix("\r\n").or_else(|| self.rest.strip_prefix(['\n', '\r']))
            {
                self.rest = rest;
                self.line += 1;
            }
            return Ok(row);
        }
    }

    /// The next value; what is left begins with a comma or an end of line, or is empty.
    fn field(&mut self) -> Result<String, usize> {
        self.rest = self.rest.trim_start_matches(is_blank);
        if let Some(rest) = self.rest.strip_prefix('"') {
            self.rest = rest;
            return self.double_quoted();
        }
        if let Some(end) = single_quoted_end(self.rest) {
            let value = self.rest.get(1..end).unwrap_or_default().to_owned();
            self.rest = self.rest.get(end + 1..).unwrap_or_default().trim_start_matches(is_blank);
            return Ok(value);
        }
        let end = self.rest.find([',', '\n', '\r']).unwrap_or(self.rest.len());
        let (value, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(value.trim_end_matches(is_blank).to_owned())
    }

    fn double_quoted(&mut self) -> Result<String, usize> {
        let began = self.line;
        let mut value = String::new();
        loop {
            let (part, rest) = self.rest.split_once('"').ok_or(began)?;
            value.push_str(part);
            self.line += part.matches('\n').count();
            match rest.strip_prefix('"') {
                Some(rest) => {
                    value.push('"');
                    self.rest = rest;
                }
                None => {
                    self.rest = rest.trim_start_matches(is_blank);
                    return if at_end(self.rest) { Ok(value) } else { Err(began) };
                }
            }
        }
    }
}

/// Where the quote is that ends a value in single quotes, in bytes; `None` where it is no such value.
fn single_quoted_end(text: &str) -> Option<usize> {
    text.strip_prefix('\'')?;
    let inside = text.char_indices().skip(1).take(SINGLE_QUOTED_CHARS);
    let mut inside = inside.take_while(|(_, character)| !matches!(character, '\n' | '\r'));
    let ends = |rest: &str| at_end(rest.trim_start_matches(is_blank));
    inside
        .find(|(index, character)| *character == '\'' && text.get(index + 1..).is_some_and(ends))
        .map(|(index, _)| index)
}

fn at_end(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with([',', '\n', '\r'])
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use proptest::prelude::*;

    fn fields(text: &str) -> Vec<Vec<String>> {
        rows(text).unwrap().into_iter().map(|row| row.fields).collect()
    }

    #[test]
    fn values_are_separated_by_commas_and_lines() {
        assert_eq!(fields("a,b\nc,d"), [["a", "b"], ["c", "d"]]);
        assert_eq!(fields("a,b\r\nc,d\r\n"), [["a", "b"], ["c", "d"]]);
        assert_eq!(fields("\u{feff}a , b\t\n  c,d"), [["a", "b"], ["c", "d"]]);
        assert_eq!(fields("a,,\n"), [["a", "", ""]]);
        assert_eq!(fields("\n \n,\na\n\n"), [["a"]]);
        assert_eq!(fields(""), Vec::<Vec<String>>::new());
    }

    #[test]
    fn quotes_hold_commas_lines_and_quotes() {
        assert_eq!(fields("\"a,b\" ,\"c\"\"d\"\n\"e\nf\",g"), [["a,b", "c\"d"], ["e\nf", "g"]]);
        assert_eq!(fields("'a,b','c' ,d\n"), [["a,b", "c", "d"]]);
        assert_eq!(fields("'tis,it's\n"), [["'tis", "it's"]]);
        assert_eq!(fields("\"\",''"), Vec::<Vec<String>>::new());
    }

    #[test]
    fn rows_know_their_lines() {
        let lines: Vec<usize> = rows("a\n\n\"b\nc\"\nd").unwrap().iter().map(|row| row.line).collect();
        assert_eq!(lines, [1, 3, 5]);
    }

    #[test]
    fn a_quote_that_does_not_end_is_told_by_its_line() {
        assert_eq!(rows("a\nb,\"c\nd"), Err(2));
        assert_eq!(rows("\"a\"b"), Err(1));
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in "[a',\"\n\r \té]{0,60}") {
            let _ = rows(&text);
        }

        #[test]
        fn what_is_quoted_comes_back(value in "[^\u{feff}]{1,20}") {
            let text = format!("\"{}\"", value.replace('"', "\"\""));
            prop_assert_eq!(fields(&text), vec![vec![value]]);
        }
    }
}
