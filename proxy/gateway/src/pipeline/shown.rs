//! As much of a body as a plugin sees, whichever way the rest of it goes.

use super::body::{Collected, announced};
use crate::buffers::{Buffers, Full, Growing};
use crate::config::BodyAccess;
use bytes::Bytes;
use http::HeaderMap;
use std::sync::Arc;

/// What a plugin sees of a body, and whether that is all of it.
pub(super) type Seen = Option<(Bytes, bool)>;

impl BodyAccess {
    /// Bytes that a plugin with this access sees at most; `None` where nothing has to be read for it.
    pub(super) fn most(self) -> Option<usize> {
        match self {
            Self::None => None,
            Self::First(most) | Self::Whole(most) => Some(most),
        }
    }

    /// Whether a body that announces its length is larger than it may be, so that it need not even be read.
    pub(super) fn rules_out(self, headers: &HeaderMap) -> Option<usize> {
        match self {
            Self::Whole(most) if announced(headers).is_some_and(|length| length > most as u64) => Some(most),
            _ => None,
        }
    }

    /// What is seen of a body that begins with `bytes`, and has no others where they are the `whole` of it.
    ///
    /// # Errors
    /// The limit, where there is more than may be.
    pub(super) fn seen(self, bytes: &Bytes, whole: bool) -> Result<Seen, usize> {
        match self {
            Self::None => Ok(None),
            Self::First(most) if bytes.len() > most => Ok(Some((bytes.slice(..most), false))),
            Self::Whole(most) if bytes.len() > most => Err(most),
            Self::First(_) | Self::Whole(_) => Ok(Some((bytes.clone(), whole))),
        }
    }
}

impl Collected {
    /// What a plugin sees of it.
    ///
    /// # Errors
    /// As [`BodyAccess::seen`].
    pub(super) fn seen(&self, access: BodyAccess) -> Result<Seen, usize> {
        access.seen(&self.share(), self.is_whole())
    }
}

/// The beginning of an answer's body, held back until a transform has seen what it may.
pub(super) struct Opening {
    bytes: Growing,
    most: Option<usize>,
    /// There is no more of it.
    whole: bool,
}

impl Opening {
    pub(super) fn new(access: BodyAccess, buffers: &Arc<Buffers>) -> Self {
        Self { bytes: buffers.body(0), most: access.most(), whole: false }
    }

    /// Whether more has to be read: one byte more than may be seen tells that there is more.
    pub(super) fn is_short(&self) -> bool {
        !self.whole && self.most.is_some_and(|most| self.bytes.len() <= most)
    }

    /// Takes a part of it.
    ///
    /// # Errors
    /// When the node has no room for it.
    pub(super) fn push(&mut self, part: &[u8]) -> Result<(), Full> {
        self.bytes.push(part)
    }

    /// That was all of it.
    pub(super) fn end(&mut self) {
        self.whole = true;
    }

    /// What was read, and whether that is all.
    pub(super) fn into_parts(self) -> (Bytes, bool) {
        (self.bytes.whole(), self.whole)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn a_body_is_seen_as_far_as_declared() {
        let body = Bytes::from_static(b"12345");
        let seen = |access: BodyAccess| access.seen(&body, true);
        assert_eq!(seen(BodyAccess::None), Ok(None));
        assert_eq!(seen(BodyAccess::First(4)), Ok(Some((Bytes::from_static(b"1234"), false))));
        assert_eq!(seen(BodyAccess::First(5)), Ok(Some((body.clone(), true))));
        assert_eq!(seen(BodyAccess::Whole(5)), Ok(Some((body.clone(), true))));
        assert_eq!(seen(BodyAccess::Whole(4)), Err(4));
    }

    #[test]
    fn a_length_that_is_announced_rules_out_what_is_longer() {
        let mut headers = HeaderMap::new();
        assert_eq!(BodyAccess::Whole(4).rules_out(&headers), None);
        headers.insert("content-length", "5".parse().unwrap());
        assert_eq!(BodyAccess::Whole(4).rules_out(&headers), Some(4));
        assert_eq!(BodyAccess::Whole(5).rules_out(&headers), None);
        assert_eq!(BodyAccess::First(4).rules_out(&headers), None);
    }

    #[test]
    fn an_opening_is_read_until_it_is_known_whether_more_follows() {
        let buffers = Arc::new(Buffers::new(100));
        assert!(!Opening::new(BodyAccess::None, &buffers).is_short());
        let mut opening = Opening::new(BodyAccess::First(3), &buffers);
        opening.push(b"123").unwrap();
        assert!(opening.is_short(), "these may be all");
        opening.push(b"4").unwrap();
        assert!(!opening.is_short());
        assert_eq!(opening.into_parts(), (Bytes::from_static(b"1234"), false));
        let mut opening = Opening::new(BodyAccess::First(3), &buffers);
        opening.end();
        assert!(!opening.is_short());
        assert_eq!(opening.into_parts(), (Bytes::new(), true));
    }
}
