//! The three ways to choose.

use super::Target;
use std::cmp::Ordering;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

/// The order in which targets have their turns, each as often as its weight says and spread evenly.
#[derive(Debug)]
pub(crate) struct Turns {
    order: Box<[usize]>,
    next: AtomicUsize,
}

impl Turns {
    pub(crate) fn new(weights: impl Iterator<Item = u16>) -> Self {
        let weights: Vec<u64> = weights.map(u64::from).collect();
        let divisor = weights.iter().copied().fold(0, greatest_common_divisor).max(1);
        let weights: Vec<u64> = weights.iter().map(|weight| weight / divisor).collect();
        // Each turn of a target is due in the middle of its part of the round.
        let mut due: Vec<(u64, u64, usize)> = Vec::new();
        for (index, weight) in weights.iter().enumerate() {
            due.extend((0..*weight).map(|turn| (2 * turn + 1, 2 * weight, index)));
        }
        // Fractions are compared by cross-multiplying; weights are small enough for that.
        due.sort_by(|a, b| (a.0 * b.1, a.2).cmp(&(b.0 * a.1, b.2)));
        Self { order: due.into_iter().map(|(_, _, index)| index).collect(), next: AtomicUsize::new(0) }
    }

    pub(crate) fn tick(&self) -> usize {
        self.next.fetch_add(1, Relaxed)
    }

    /// The first target from this turn on that may be used.
    pub(crate) fn at(&self, turn: usize, may: &dyn Fn(usize) -> bool) -> Option<usize> {
        let length = self.order.len();
        (0..length).map(|step| self.order[turn.wrapping_add(step) % length]).find(|index| may(*index))
    }
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

/// The target with the fewest calls for its weight; of equal ones they take turns.
pub(crate) fn least(
    targets: &[Target],
    active: &dyn Fn(usize) -> usize,
    turn: usize,
    may: &dyn Fn(usize) -> bool,
) -> Option<usize> {
    let length = targets.len();
    let load = |index: usize| (active(index) as u64, u64::from(targets[index].weight));
    let order = (0..length).map(|step| turn.wrapping_add(step) % length).filter(|index| may(*index));
    order.min_by(|a, b| {
        let ((active_a, weight_a), (active_b, weight_b)) = (load(*a), load(*b));
        ((active_a + 1) * weight_b).cmp(&((active_b + 1) * weight_a))
    })
}

/// The target with the highest score for `key`.
pub(crate) fn rendezvous(targets: &[Target], key: u64, may: &dyn Fn(usize) -> bool) -> Option<usize> {
    let score = |target: &Target| {
        // 53 bits make a number between 0 and 1, neither included.
        let bits = mix(key ^ mix(target.id)) >> 11;
        #[expect(clippy::cast_precision_loss, reason = "53 bits are what a float holds")]
        let uniform = (bits as f64 + 0.5) / (1_u64 << 53) as f64;
        -f64::from(target.weight) / uniform.ln()
    };
    let usable = targets.iter().enumerate().filter(|(index, _)| may(*index));
    let best = usable.max_by(|(_, a), (_, b)| score(a).partial_cmp(&score(b)).unwrap_or(Ordering::Equal));
    best.map(|(index, _)| index)
}

/// Spreads the bits of a number over all of it (the finalizer of SplitMix64).
fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
