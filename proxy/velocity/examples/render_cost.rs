//! What parsing and rendering a template costs natively: templates of forty lines with a loop of fifty passes each.
//!
//! ```text
//! cargo run --profile fast -p edgewit-velocity --example render_cost [part of a name]
//! ```
//!
//! The first two are those of `bench/run templates`; the third makes a list out of a body of fifty items, as templates
//! in front of DynamoDB do. Every output is asserted first. Templates are measured in turns, several rounds each, so
//! that a machine that changes its speed changes it for all. Prints the least and the median of the rounds.
#![expect(clippy::print_stdout, reason = "a program that prints figures")]

use std::borrow::Cow;
use std::hint::black_box;
use std::time::{Duration, Instant};

use edgewit_velocity::{ParameterKind, ParseLimits, RenderLimits, Source, Template};

mod cases;

/// Rounds of each template.
const ROUNDS: usize = 15;
/// Length of a round.
const ROUND: Duration = Duration::from_millis(100);
/// Renderings between two looks at the clock.
const BATCH: u32 = 100;

/// A request as a node shows it: what is not there is asked for too.
struct Message<'c> {
    body: &'c str,
}

impl Source for Message<'_> {
    fn body(&self) -> &str {
        self.body
    }

    fn parameter(&self, kind: ParameterKind, name: &str) -> Option<Cow<'_, str>> {
        (kind == ParameterKind::Querystring && name == "limit").then(|| "50".to_owned().into())
    }

    fn context(&self, name: &str) -> Option<Cow<'_, str>> {
        match name {
            "requestId" => Some("11111111-2222-3333-4444-555555555555".to_owned().into()),
            "identity.sourceIp" => Some("192.0.2.1".to_owned().into()),
            _ => None,
        }
    }

    fn stage_variable(&self, name: &str) -> Option<Cow<'_, str>> {
        (name == "tier").then(|| "gold".to_owned().into())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let only = std::env::args().nth(1).unwrap_or_default();
    let cases = cases::all()?;
    let (parse_limits, limits) = (ParseLimits::default(), RenderLimits::default());
    let mut works: Vec<(String, Vec<f64>, Work<'_>)> = Vec::new();
    for case in &cases {
        let template = Template::parse(&case.template, &parse_limits)?;
        let rendered = template.render(&Message { body: &case.body }, &limits)?;
        assert_eq!(rendered.text, case.expected, "{}", case.name);
        let limits = &limits;
        let render = move || drop(black_box(template.render(&Message { body: &case.body }, limits)));
        let parse = || drop(black_box(Template::parse(&case.template, &ParseLimits::default())));
        works.push((format!("parse {}", case.name), Vec::new(), Box::new(parse)));
        works.push((format!("render {}", case.name), Vec::new(), Box::new(render)));
    }
    works.retain(|(name, ..)| name.contains(&only));
    for _ in 0..ROUNDS {
        for (_, times, work) in &mut works {
            times.push(micros(&**work));
        }
    }
    for (name, times, _) in &mut works {
        times.sort_by(f64::total_cmp);
        let (least, median) = (times[0], times[times.len() / 2]);
        println!("{name:15} {least:6.2} least, {median:6.2} median, µs");
    }
    Ok(())
}

/// What is measured.
type Work<'c> = Box<dyn Fn() + 'c>;

/// Microseconds for each call, over one round.
fn micros(work: impl Fn()) -> f64 {
    let began = Instant::now();
    let mut calls = 0;
    while began.elapsed() < ROUND {
        for _ in 0..BATCH {
            work();
        }
        calls += BATCH;
    }
    began.elapsed().as_secs_f64() * 1e6 / f64::from(calls)
}
