//! Names with several values, for the members of an event that come in two forms: the last value, and all of them.

use super::json::{self, Object};
use std::borrow::Cow;
use std::cmp::Ordering;

/// Names and values in order of arrival.
#[derive(Default)]
pub(super) struct Values<'a> {
    entries: Vec<Entry<'a>>,
}

struct Entry<'a> {
    name: Cow<'a, [u8]>,
    value: Cow<'a, [u8]>,
    /// The next entry of the same name.
    next: Option<usize>,
    /// Whether no entry before has the same name.
    first: bool,
}

impl<'a> Values<'a> {
    pub(super) fn push(&mut self, name: impl Into<Cow<'a, [u8]>>, value: impl Into<Cow<'a, [u8]>>) {
        self.entries.push(Entry { name: name.into(), value: value.into(), next: None, first: true });
    }

    /// Brings the values of each name together; `compare` says which names are one.
    ///
    /// Sorting keeps it fast for a client that sends a thousand different names.
    pub(super) fn link(&mut self, compare: impl Fn(&[u8], &[u8]) -> Ordering) {
        let mut order: Vec<usize> = (0..self.entries.len()).collect();
        // The sort is stable, so equal names stay in order of arrival.
        order.sort_by(|&a, &b| compare(&self.entries[a].name, &self.entries[b].name));
        for (&earlier, &later) in order.iter().zip(order.iter().skip(1)) {
            if compare(&self.entries[earlier].name, &self.entries[later].name) == Ordering::Equal {
                self.entries[earlier].next = Some(later);
                self.entries[later].first = false;
            }
        }
    }

    /// The object of last values, `null` when there are none.
    pub(super) fn write_last(&self, out: &mut Vec<u8>) {
        let mut object = Object::open(out);
        for first in self.entries.iter().filter(|entry| entry.first) {
            if let Some(last) = self.chain(first).last() {
                json::bytes(&last.value, object.member_bytes(&first.name));
            }
        }
        object.close_or_null();
    }

    /// The object of lists of all values, `null` when there are none.
    pub(super) fn write_all(&self, out: &mut Vec<u8>) {
        let mut object = Object::open(out);
        for first in self.entries.iter().filter(|entry| entry.first) {
            let out = object.member_bytes(&first.name);
            for (at, entry) in self.chain(first).enumerate() {
                out.push(if at == 0 { b'[' } else { b',' });
                json::bytes(&entry.value, out);
            }
            out.push(b']');
        }
        object.close_or_null();
    }

    fn chain<'s>(&'s self, first: &'s Entry<'a>) -> impl Iterator<Item = &'s Entry<'a>> {
        std::iter::successors(Some(first), |entry| self.entries.get(entry.next?))
    }
}

/// Compares names without regard to ASCII case.
pub(super) fn ignoring_case(a: &[u8], b: &[u8]) -> Ordering {
    a.iter().map(u8::to_ascii_lowercase).cmp(b.iter().map(u8::to_ascii_lowercase))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
    use super::*;

    fn both(
        pairs: &[(&'static str, &'static str)],
        compare: impl Fn(&[u8], &[u8]) -> Ordering,
    ) -> [String; 2] {
        let mut values = Values::default();
        for (name, value) in pairs {
            values.push(name.as_bytes(), value.as_bytes());
        }
        values.link(compare);
        let (mut last, mut all) = (Vec::new(), Vec::new());
        values.write_last(&mut last);
        values.write_all(&mut all);
        [last, all].map(|json| String::from_utf8(json).unwrap())
    }

    #[test]
    fn the_last_value_and_all_of_them() {
        let pairs = [("b", "1"), ("A", "2"), ("b", "3"), ("a", "4"), ("b", "5")];
        assert_eq!(
            both(&pairs, <[u8]>::cmp),
            [r#"{"b":"5","A":"2","a":"4"}"#, r#"{"b":["1","3","5"],"A":["2"],"a":["4"]}"#]
        );
        assert_eq!(
            both(&pairs, ignoring_case),
            [r#"{"b":"5","A":"4"}"#, r#"{"b":["1","3","5"],"A":["2","4"]}"#]
        );
        assert_eq!(both(&[], ignoring_case), ["null", "null"]);
    }
}
