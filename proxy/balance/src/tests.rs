#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use super::{Method, Pool, Settings, Target};
use proptest::prelude::*;

fn pool(weights: &[u16], settings: Settings) -> Pool {
    let target = |(id, weight): (usize, &u16)| Target { weight: *weight, id: id as u64 + 100 };
    Pool::new(weights.iter().enumerate().map(target).collect(), settings)
}

fn by(method: Method) -> Settings {
    Settings { method, ..Settings::default() }
}

fn counts(pool: &Pool, calls: usize) -> Vec<usize> {
    let mut counts = vec![0; pool.len()];
    for key in 0..calls {
        counts[pool.choose(key as u64, &[], 0).unwrap()] += 1;
    }
    counts
}

#[test]
fn turns_follow_weights_and_are_spread() {
    let pool = pool(&[1, 2, 1], by(Method::RoundRobin));
    let turns: Vec<usize> = (0..8).map(|_| pool.choose(0, &[], 0).unwrap()).collect();
    assert_eq!(turns, [1, 0, 2, 1, 1, 0, 2, 1]);
    assert_eq!(counts(&self::pool(&[50, 100], by(Method::RoundRobin)), 300), [100, 200]);
}

#[test]
fn the_fewest_calls_for_the_weight_win() {
    let pool = pool(&[1, 3], by(Method::LeastConnections));
    let mut begun = [0, 0];
    for _ in 0..40 {
        let index = pool.choose(0, &[], 0).unwrap();
        pool.begin(index);
        begun[index] += 1;
    }
    assert_eq!(begun, [10, 30]);
    (0..30).for_each(|_| pool.end(1));
    assert_eq!((pool.active(0), pool.active(1)), (10, 0));
    assert_eq!(pool.choose(0, &[], 0), Some(1));
}

#[test]
fn hashes_spread_by_weight_and_stay() {
    let before = pool(&[1, 1, 2], by(Method::ConsistentHash));
    let spread = counts(&before, 40_000);
    assert!(
        spread.iter().zip([10_000, 10_000, 20_000]).all(|(found, due)| found.abs_diff(due) < 600),
        "{spread:?}"
    );
    let more = pool(&[1, 1, 2, 1], by(Method::ConsistentHash));
    for key in 0..10_000 {
        let (old, new) = (before.choose(key, &[], 0).unwrap(), more.choose(key, &[], 0).unwrap());
        assert!(old == new || new == 3, "key {key} moved from {old} to {new}");
    }
}

#[test]
fn targets_that_keep_failing_are_left_out_for_a_while() {
    let pool = pool(&[1, 1, 1, 1], Settings { failures: 2, ..by(Method::RoundRobin) });
    assert!(!pool.failed(0, 10));
    pool.succeeded(0);
    assert!(!pool.failed(0, 10));
    assert!(pool.failed(0, 10));
    assert!(!pool.is_up(0, 30_009) && pool.is_up(0, 30_010));
    assert_eq!(counts(&pool, 9)[0], 0);
    // Half of them at most.
    assert!(!pool.failed(1, 10) && pool.failed(1, 10));
    assert!(!pool.failed(2, 10) && !pool.failed(2, 10));
    assert!(pool.is_up(2, 10));
}

#[test]
fn checks_in_a_row_change_the_health() {
    let pool = pool(&[1, 1], Settings::default());
    assert_eq!([pool.checked(0, false), pool.checked(0, false), pool.checked(0, true)], [None; 3]);
    assert_eq!([pool.checked(0, false), pool.checked(0, false)], [None; 2]);
    assert_eq!(pool.checked(0, false), Some(false));
    assert!(!pool.is_up(0, 0));
    assert_eq!([pool.checked(0, true), pool.checked(0, false), pool.checked(0, true)], [None; 3]);
    assert_eq!(pool.checked(0, true), Some(true));
    assert!(pool.is_up(0, 0));
}

#[test]
fn without_a_usable_target_all_are_used() {
    let pool = pool(&[1, 1], Settings { unhealthy: 1, ..Settings::default() });
    pool.checked(0, false);
    pool.checked(1, false);
    assert_eq!(counts(&pool, 4), [2, 2]);
    assert_eq!(pool.choose(0, &[0], 0), Some(1));
    assert_eq!(pool.choose(0, &[0, 1], 0), None);
    assert_eq!(self::pool(&[], Settings::default()).choose(0, &[], 0), None);
}

proptest! {
    #[test]
    fn what_is_chosen_is_there_untried_and_up_if_any_is(
        weights in prop::collection::vec(0_u16..=100, 1..40),
        down in prop::collection::vec(any::<bool>(), 40),
        tried in prop::collection::vec(0_usize..40, 0..3),
        method in prop::sample::select(vec![Method::RoundRobin, Method::LeastConnections, Method::ConsistentHash]),
        key: u64,
    ) {
        let pool = pool(&weights, Settings { unhealthy: 1, ..by(method) });
        for index in (0..weights.len()).filter(|index| down[*index]) {
            pool.checked(index, false);
        }
        let left: Vec<usize> = (0..weights.len()).filter(|index| !tried.contains(index)).collect();
        let chosen = pool.choose(key, &tried, 0);
        prop_assert_eq!(chosen.is_none(), left.is_empty());
        if let Some(chosen) = chosen {
            prop_assert!(left.contains(&chosen));
            prop_assert!(!down[chosen] || left.iter().all(|index| down[*index]));
        }
    }
}
