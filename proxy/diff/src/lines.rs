//! Texts line by line.

use crate::{Line, Mark, printable};
use similar::{Algorithm, DiffOp, capture_diff_slices, group_diff_ops};

/// Lines that are shown before and after a change.
const CONTEXT_LINES: usize = 2;
/// Lines that are shown of a text which comes or goes whole.
const WHOLE_LINES: usize = 20;
/// Lines of both texts together up to which they are compared: the work may grow with the square.
const COMPARED_LINES: usize = 20_000;

/// What is not the same in two texts.
pub(crate) fn lines(old: &str, new: &str) -> Vec<Line> {
    let (old_lines, new_lines): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    if old_lines == new_lines {
        return vec![line(Mark::Changed, "only line ends differ")];
    }
    if old_lines.len() + new_lines.len() > COMPARED_LINES {
        let told = format!("{} lines -> {} lines, too many to compare", old_lines.len(), new_lines.len());
        return vec![line(Mark::Changed, &told)];
    }
    let groups = group_diff_ops(capture_diff_slices(Algorithm::Myers, &old_lines, &new_lines), CONTEXT_LINES);
    let mut shown = Vec::new();
    for (number, group) in groups.iter().enumerate() {
        if number > 0 {
            shown.push(line(Mark::Same, "…"));
        }
        for op in group {
            shown.extend(of(op, &old_lines, &new_lines));
        }
    }
    shown
}

fn of(op: &DiffOp, old: &[&str], new: &[&str]) -> Vec<Line> {
    let of = |mark, lines: &[&str], range: std::ops::Range<usize>| {
        lines.get(range).unwrap_or_default().iter().map(|text| line(mark, text)).collect::<Vec<_>>()
    };
    let (old_range, new_range) = (op.old_range(), op.new_range());
    match op {
        DiffOp::Equal { .. } => of(Mark::Same, old, old_range),
        _ => [of(Mark::Removed, old, old_range), of(Mark::Added, new, new_range)].concat(),
    }
}

/// The lines of a text that comes or goes whole.
pub(crate) fn text_lines(mark: Mark, text: &str) -> Vec<Line> {
    let mut shown: Vec<Line> = text.lines().take(WHOLE_LINES).map(|text| line(mark, text)).collect();
    let more = text.lines().skip(WHOLE_LINES).count();
    if more > 0 {
        shown.push(line(Mark::Same, &format!("… and {more} more lines")));
    }
    shown
}

fn line(mark: Mark, text: &str) -> Line {
    Line { mark, depth: 2, text: printable(text) }
}
