//! Comparing sections and their facts.

use crate::facts::{self, Fact, Key, Sections, Value};
use crate::lines::{lines, text_lines};
use crate::{Diff, Line, Mark, Older, Section, printable};
use indexmap::IndexMap;
use std::collections::BTreeSet;

/// Characters up to which an old and a new value stand on one line.
const INLINE_CHARS: usize = 40;

pub(crate) fn compare(mut old: Sections, mut new: Sections, older: Older<'_>) -> Diff {
    if older != Older::Document {
        forget_made_up_version(&mut old, &new);
    }
    let keys: BTreeSet<Key> = old.keys().chain(new.keys()).cloned().collect();
    let sections = keys.into_iter().filter_map(|key| {
        let (old, new) = (old.remove(&key), new.remove(&key));
        section(key.title(), old, new)
    });
    Diff { sections: sections.collect() }
}

/// An export has a version in any case.
fn forget_made_up_version(old: &mut Sections, new: &Sections) {
    let is_version = |fact: &Fact| fact.name == "version";
    let settings = new.get(&Key::Settings);
    if !settings.is_some_and(|section| section.facts.iter().any(is_version))
        && let Some(section) = old.get_mut(&Key::Settings)
    {
        section.facts.retain(|fact| !is_version(fact));
    }
}

fn section(title: String, old: Option<facts::Section>, new: Option<facts::Section>) -> Option<Section> {
    match (old, new) {
        (Some(old), Some(new)) => {
            let lines = changes(old.facts, new.facts);
            (!lines.is_empty()).then_some(Section { mark: Mark::Changed, title, lines })
        }
        (None, Some(new)) if !new.implied => {
            let told = new.facts.into_iter().filter(|fact| !fact.is_default);
            let lines = told.flat_map(|fact| one_sided(Mark::Added, fact)).collect();
            Some(Section { mark: Mark::Added, title, lines })
        }
        (Some(old), None) if !old.implied => Some(Section { mark: Mark::Removed, title, lines: Vec::new() }),
        _ => None,
    }
}

/// Facts in the order of the old ones, then those that are only new.
fn changes(old: Vec<Fact>, new: Vec<Fact>) -> Vec<Line> {
    let mut new: IndexMap<String, Fact> = new.into_iter().map(|fact| (fact.name.clone(), fact)).collect();
    let mut changes = Vec::new();
    for fact in old {
        match new.shift_remove(&fact.name) {
            Some(same) if same.value == fact.value => {}
            Some(other) => changes.extend(changed(fact, other)),
            None => changes.extend(one_sided(Mark::Removed, fact)),
        }
    }
    changes.extend(new.into_values().flat_map(|fact| one_sided(Mark::Added, fact)));
    changes
}

fn one_sided(mark: Mark, fact: Fact) -> Vec<Line> {
    let heading = |text| Line { mark, depth: 1, text };
    let name = printable(&fact.name);
    match fact.value {
        Value::There => vec![heading(name)],
        Value::Short(value) => vec![heading(format!("{name}: {}", printable(&value)))],
        Value::Text(text) => [vec![heading(name)], text_lines(mark, &text)].concat(),
    }
}

fn changed(old: Fact, new: Fact) -> Vec<Line> {
    let name = printable(&old.name);
    let heading = |text| Line { mark: Mark::Changed, depth: 1, text };
    match (old.value, new.value) {
        (Value::Short(old), Value::Short(new)) => {
            let (old, new) = (printable(&old), printable(&new));
            if old.chars().count().max(new.chars().count()) <= INLINE_CHARS {
                return vec![heading(format!("{name}: {old} -> {new}"))];
            }
            let below = |mark, text| Line { mark, depth: 2, text };
            vec![heading(name), below(Mark::Removed, old), below(Mark::Added, new)]
        }
        (Value::Text(old), Value::Text(new)) => [vec![heading(name)], lines(&old, &new)].concat(),
        // One name stands for one kind of value, so this is not reached.
        _ => vec![heading(name)],
    }
}
