//! What one match costs with 10, 1,000 and 100,000 routes.
//!
//! `cargo run --release -p edgewit-plan --example route_cost`
//!
//! Every look-up's answer is asserted: before the timed rounds one by one, within them by a sum over all.
//! A request's path has just been read when it is matched, so paths are written into one buffer; the time to write
//! them is measured by itself and taken off. The routes they lead to are in random order over the whole table.
//! Fails when 100,000 routes of a usual shape cost more than twice what 10 do; shapes that share nothing, which no
//! API has, are printed beside it.

#![allow(clippy::cast_possible_truncation, reason = "numbers of routes are small")]
#![allow(clippy::print_stdout, reason = "an example prints its result")]

use edgewit_model::api::Verb;
use edgewit_plan::router::{Builder, Router, RouterError};
use std::hint::black_box;
use std::time::Instant;

const LOOKUPS: usize = 300_000;
const ROUNDS: usize = 20;
const MAX_RATIO: f64 = 2.0;

/// The methods of one collection: resource path, verb, a path that leads there, and the verb of the request.
type Shape = (&'static str, Verb, &'static str, Verb);

/// Collections of many tenants, each with a name of its own and the same methods below it.
const COLLECTIONS: [Shape; 5] = [
    ("/tenant-#0######/#1######", Verb::GET, "/tenant-#0######/#1######", Verb::GET),
    ("/tenant-#0######/#1######/{id}", Verb::GET, "/tenant-#0######/#1######/9f8b1c2d", Verb::GET),
    (
        "/tenant-#0######/#1######/{id}/lines",
        Verb::POST,
        "/tenant-#0######/#1######/9f8b1c2d/lines",
        Verb::POST,
    ),
    ("/tenant-#0######/#1######/search", Verb::ANY, "/tenant-#0######/#1######/search", Verb::PUT),
    (
        "/tenant-#0######/#1######/files/{path+}",
        Verb::ANY,
        "/tenant-#0######/#1######/files/a/b.pdf",
        Verb::PUT,
    ),
];

/// No name appears twice, so nothing can be stored once for many.
const STRANGERS: [Shape; 5] = [
    ("/tenant-#0######/#1######", Verb::GET, "/tenant-#0######/#1######", Verb::GET),
    ("/tenant-#0######/#1######/#2######", Verb::GET, "/tenant-#0######/#1######/#2######", Verb::GET),
    (
        "/tenant-#0######/#1######/{id}/#3######",
        Verb::ANY,
        "/tenant-#0######/#1######/17/#3######",
        Verb::PUT,
    ),
    (
        "/tenant-#0######/#1######/{id}/#4######",
        Verb::GET,
        "/tenant-#0######/#1######/17/#4######",
        Verb::GET,
    ),
    (
        "/tenant-#0######/#1######/{id}/#5######/{x}",
        Verb::POST,
        "/tenant-#0######/#1######/17/#5######/y",
        Verb::POST,
    ),
];

/// All in one place: what a hash table alone would hold.
const FLAT: [Shape; 5] = [
    ("/#1######", Verb::GET, "/#1######", Verb::GET),
    ("/#2######", Verb::POST, "/#2######", Verb::POST),
    ("/#3######/{id}", Verb::ANY, "/#3######/17", Verb::PUT),
    ("/orders-#4######", Verb::GET, "/orders-#4######", Verb::GET),
    ("/orders-#5######/{id}", Verb::GET, "/orders-#5######/17", Verb::GET),
];

/// Collections of one tenant.
const SIDE: usize = 150;

fn main() -> Result<(), RouterError> {
    for (name, shapes) in [("collections", COLLECTIONS), ("strangers", STRANGERS), ("flat", FLAT)] {
        let tables = [10, 1_000, 100_000].map(|routes| table(&shapes, routes));
        // Rounds alternate over the sizes, so that a busy neighbour hits them alike; the best of each counts.
        let mut best = [f64::INFINITY; 3];
        let mut writing = f64::INFINITY;
        for _ in 0..ROUNDS {
            for (table, best) in tables.iter().zip(&mut best) {
                let (router, routes) = table.as_ref().map_err(Clone::clone)?;
                writing = writing.min(round(&shapes, None, *routes));
                *best = best.min(round(&shapes, Some(router), *routes));
            }
        }
        for (table, ns) in tables.iter().zip(&mut best) {
            let (router, routes) = table.as_ref().map_err(Clone::clone)?;
            *ns -= writing;
            println!(
                "{name:>12}, {routes:>6} routes: {ns:>6.1} ns a match, {:>5.1} bytes a route, at most {} nodes visited",
                router.heap_bytes() as f64 / *routes as f64,
                router.worst_case_visits()
            );
        }
        let ratio = best[2] / best[0];
        println!("{name:>12}: 100,000 to 10 routes: {ratio:.2} (at most {MAX_RATIO})");
        // The other shapes are there to show the worst.
        assert!(
            ratio <= MAX_RATIO || name != "collections",
            "the cost of a match grows with the number of routes"
        );
    }
    Ok(())
}

/// A router with its number of routes, each of them found once.
fn table(shapes: &[Shape], routes: usize) -> Result<(Router, usize), RouterError> {
    let mut builder = Builder::default();
    let text = |shape: &str, route: usize| {
        let mut path = shape.as_bytes().to_vec();
        name(&mut path, shape, route / shapes.len());
        String::from_utf8_lossy(&path).into_owned()
    };
    for route in 0..routes {
        let (shape, verb, ..) = shapes[route % shapes.len()];
        assert_eq!(builder.add(&text(shape, route), &[verb])?, route);
    }
    let router = builder.build()?;
    for route in 0..routes {
        let (.., path, verb) = shapes[route % shapes.len()];
        let path = text(path, route);
        assert_eq!(router.find(&path, Some(verb)).map(|found| found.route), Some(route), "{path}");
        assert_eq!(router.find(&path.replacen('/', "/-", 1), Some(verb)), None, "{path}");
    }
    Ok((router, routes))
}

/// Nanoseconds to write a path and, with a router, to match it.
fn round(shapes: &[Shape], router: Option<&Router>, routes: usize) -> f64 {
    let mut buffers: Vec<_> = shapes.iter().map(|(.., path, _)| path.as_bytes().to_vec()).collect();
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut sum = 0usize;
    let start = Instant::now();
    for _ in 0..LOOKUPS {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let route = ((u128::from(random) * routes as u128) >> 64) as usize;
        let (.., shape, verb) = shapes[route % shapes.len()];
        let path = &mut buffers[route % shapes.len()];
        name(path, shape, route / shapes.len());
        let path = black_box(std::str::from_utf8(path).unwrap_or_default());
        let found = match router {
            Some(router) => router.find(path, Some(verb)).map_or(usize::MAX, |found| found.route),
            None => route,
        };
        sum = sum.wrapping_add(found).wrapping_sub(route);
    }
    assert_eq!(sum, 0);
    start.elapsed().as_secs_f64() * 1e9 / LOOKUPS as f64
}

/// Writes names that follow from the collection's number to where the shape has `#0######` to `#5######`.
fn name(path: &mut [u8], shape: &str, collection: usize) {
    let shape = shape.as_bytes();
    let mut at = 0;
    while at < shape.len() {
        if shape[at] != b'#' {
            at += 1;
            continue;
        }
        let which = shape[at + 1] - b'0';
        let number = if which == 0 { collection / SIDE } else { collection * 8 + usize::from(which) };
        // A permutation of the 32-bit numbers, so that no two names are the same.
        let mut digits = (number as u32).wrapping_mul(0x9e37_79b1);
        digits = (digits ^ digits >> 15).wrapping_mul(0x85eb_ca6b);
        for place in &mut path[at..at + 8] {
            *place = b"0123456789abcdef"[(digits & 15) as usize];
            digits >>= 4;
        }
        at += 8;
    }
}
