//! Handles of requests and answers, which are the guest's to drop.
//!
//! A handle carries the number of the call that it was given to and nothing else, so that there is nothing to look up,
//! to allocate or to give back: what it stands for is the present request of its instance, if the numbers are the same.

use wasmtime::component::Resource;

/// Handles that a kept instance may hold when its call is over. An instance that never drops any would make its table of
/// handles longer with each call, on the host's side, where no limit of its memory counts it.
const MOST_HELD: u32 = 1000;

/// Those of one instance.
#[derive(Debug, Default)]
pub(crate) struct Handles {
    /// The number of the present call. An instance serves less calls than there are numbers.
    call: u32,
    /// Given out and not dropped yet.
    held: u32,
}

impl Handles {
    /// From here on, what was given out before is of an earlier call.
    pub(crate) fn begin(&mut self) {
        self.call = self.call.wrapping_add(1);
    }

    /// A handle for the present call.
    pub(crate) fn give<T: 'static>(&mut self) -> Resource<T> {
        self.held = self.held.saturating_add(1);
        Resource::new_own(self.call)
    }

    /// The guest has dropped one.
    pub(crate) fn dropped(&mut self) {
        self.held = self.held.saturating_sub(1);
    }

    /// Ends the call of a guest that asks through a handle of an earlier one.
    pub(crate) fn check<T: 'static>(&self, handle: &Resource<T>) -> wasmtime::Result<()> {
        if handle.rep() == self.call {
            return Ok(());
        }
        Err(wasmtime::format_err!("a handle of an earlier call was used, expected the one of this call"))
    }

    /// Whether the instance holds more than one that is kept may.
    pub(crate) fn too_many(&self) -> bool {
        self.held >= MOST_HELD
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    struct Thing;

    #[test]
    fn a_handle_is_good_for_its_call_only() {
        let mut handles = Handles::default();
        let first: Resource<Thing> = handles.give();
        assert!(handles.check(&first).is_ok());
        handles.begin();
        let second: Resource<Thing> = handles.give();
        assert!(handles.check(&second).is_ok());
        assert_eq!(
            handles.check(&first).unwrap_err().to_string(),
            "a handle of an earlier call was used, expected the one of this call"
        );
        handles.begin();
        assert!(handles.check(&second).is_err());
    }

    #[test]
    fn a_thousand_handles_are_too_many() {
        let mut handles = Handles::default();
        for _ in 1..MOST_HELD {
            let _held: Resource<Thing> = handles.give();
        }
        assert!(!handles.too_many());
        let _one_more: Resource<Thing> = handles.give();
        assert!(handles.too_many());
        handles.dropped();
        assert!(!handles.too_many());
    }
}
