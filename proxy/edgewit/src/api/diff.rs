//! `edgewit api diff`.

use super::answers::{apis, export, find, find_stage, stages};
use super::args::Diff;
use super::client::Client;
use super::document::{Document, exported, keep_unsaid, options};
use super::failure::Failure;
use crate::show::{self, Line};
use crate::{ENVIRONMENT, USAGE};
use edgewit_diff::{Mark, Older, diff};
use std::path::Path;

/// There is a difference.
const DIFFERENT: u8 = 1;

pub(super) async fn run(args: &Diff) -> Result<u8, Failure> {
    let options = options(&args.asked, &args.reading);
    let document = Document::read(&args.new)?;
    let mut new = document.api(&options)?;
    let found = if Path::new(&args.old).is_file() {
        let old = Document::read(Path::new(&args.old))?.api(&options)?;
        diff(&old, &new, Older::Document)
    } else {
        let client = Client::new(&args.asked)?;
        let apis = apis(&client).await?;
        let api = find(&apis, &args.old)?;
        find_stage(&stages(&client, &api.id).await?, api, &args.stage)?;
        let old = exported(&export(&client, &api.id, &args.stage).await?, &options)?;
        keep_unsaid(&document, &old, &mut new);
        diff(&old, &new, Older::Export { api_id: &api.id })
    };
    tell(&found);
    Ok(if found.is_empty() { 0 } else { DIFFERENT })
}

/// Prints the difference, and how much there is of it.
pub(super) fn tell(found: &edgewit_diff::Diff) {
    found.to_string().lines().for_each(show::out);
    show::err(&summary(found));
}

/// `1 added, 2 changed`.
pub(super) fn summary(found: &edgewit_diff::Diff) -> String {
    let counts = found.counts().into_iter().zip(["added", "changed", "removed"]);
    let told: Vec<String> =
        counts.filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    if told.is_empty() { "no difference".to_owned() } else { told.join(", ") }
}

/// Prints only what comes, for an API of which everything is new.
pub(super) fn tell_titles(found: &edgewit_diff::Diff) {
    let added = found.sections.iter().filter(|section| section.mark == Mark::Added);
    let titles: Vec<&str> =
        added.map(|section| section.title.as_str()).filter(|title| *title != "API").collect();
    titles.iter().for_each(|title| show::out(&format!("{} {title}", Mark::Added)));
    show::err(&format!("{} {} added", titles.len(), Line::plural(titles.len(), "part")));
}

/// Exit codes as `diff` has them: 1 is a difference and nothing else.
pub(super) fn code(failure: &Failure) -> u8 {
    match failure {
        Failure::Refused(_) => ENVIRONMENT,
        Failure::Input(_) => USAGE,
        other => other.code(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use edgewit_diff::Section;

    #[test]
    fn the_summary_counts_what_comes_changes_and_goes() {
        let section = |mark| Section { mark, title: String::new(), lines: Vec::new() };
        let found =
            edgewit_diff::Diff { sections: [Mark::Added, Mark::Removed, Mark::Added].map(section).to_vec() };
        assert_eq!(summary(&found), "2 added, 1 removed");
        assert_eq!(summary(&edgewit_diff::Diff::default()), "no difference");
    }

    #[test]
    fn one_means_a_difference_only() {
        assert_eq!(code(&Failure::Input(String::new())), USAGE);
        assert_eq!(code(&Failure::Environment(String::new())), ENVIRONMENT);
    }
}
