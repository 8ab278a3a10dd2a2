//! Times and columns.

use edgewit_sigv4::Timestamp;

/// `2026-11-23 22:13:20 UTC`.
pub(crate) fn time(seconds: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` keeps to the bounds of the type"
    )]
    let stamp = Timestamp::from_unix_seconds(seconds as u64);
    let text = stamp.as_str();
    let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
    format!(
        "{}-{}-{} {}:{}:{} UTC",
        part(0..4),
        part(4..6),
        part(6..8),
        part(9..11),
        part(11..13),
        part(13..15)
    )
}

/// Rows whose columns begin at the same place. The last one is as wide as it is.
pub(crate) fn columns(rows: &[Vec<String>]) -> Vec<String> {
    let count = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..count).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_utc() {
        assert_eq!(time(1_700_000_000.0), "2023-11-14 22:13:20 UTC");
        assert_eq!(time(-1.0), "1970-01-01 00:00:00 UTC");
        assert_eq!(time(f64::NAN), "1970-01-01 00:00:00 UTC");
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["ID", "NAME", ""], ["a1", "größer", "x"], ["long-one", "b", "yz"]];
        let rows = rows.map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(columns(&rows), ["ID        NAME", "a1        größer  x", "long-one  b       yz"]);
        assert!(columns(&[]).is_empty());
    }
}
