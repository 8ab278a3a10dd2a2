//! Bodies that the node holds: all together they may not be more than its limit.

use bytes::{Bytes, BytesMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Default bytes of all bodies that a node holds at once.
pub const BUFFERED_BYTES: usize = 512 << 20;

/// Room for the bodies of a node.
#[derive(Debug)]
pub struct Buffers {
    held: AtomicUsize,
    limit: usize,
}

/// There is no room for more. May be tried again.
#[derive(Debug)]
pub(crate) struct Full;

impl Buffers {
    /// Room for `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self { held: AtomicUsize::new(0), limit }
    }

    /// Bytes that are held now.
    pub fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    /// A body that is about to come; `announced` bytes of it are expected.
    pub(crate) fn body(self: &Arc<Self>, announced: usize) -> Growing {
        Growing { bytes: BytesMut::with_capacity(announced), room: Room { of: Arc::clone(self), bytes: 0 } }
    }

    /// A body that is here already.
    ///
    /// # Errors
    /// When there is no room for it.
    pub(crate) fn hold(self: &Arc<Self>, body: Bytes) -> Result<Bytes, Full> {
        let mut room = Room { of: Arc::clone(self), bytes: 0 };
        room.grow(body.len())?;
        Ok(Bytes::from_owner(Held { bytes: body, _room: room }))
    }
}

/// A body of which more may come.
pub(crate) struct Growing {
    bytes: BytesMut,
    room: Room,
}

impl Growing {
    /// Takes a part of it.
    ///
    /// # Errors
    /// When there is no room for it.
    pub(crate) fn push(&mut self, part: &[u8]) -> Result<(), Full> {
        self.room.grow(part.len())?;
        self.bytes.extend_from_slice(part);
        Ok(())
    }

    /// Bytes so far.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The whole body; its room is free again when the last reference to it is gone.
    pub(crate) fn whole(self) -> Bytes {
        if self.bytes.is_empty() {
            return Bytes::new();
        }
        Bytes::from_owner(Held { bytes: self.bytes.freeze(), _room: self.room })
    }
}

struct Room {
    of: Arc<Buffers>,
    bytes: usize,
}

impl Room {
    fn grow(&mut self, by: usize) -> Result<(), Full> {
        let before = self.of.held.fetch_add(by, Ordering::Relaxed);
        self.bytes += by;
        // What was taken too much is given back with the rest.
        if before.saturating_add(by) > self.of.limit { Err(Full) } else { Ok(()) }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.of.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

struct Held {
    bytes: Bytes,
    _room: Room,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn bodies_share_the_room_and_give_it_back() {
        let buffers = Arc::new(Buffers::new(10));
        let mut first = buffers.body(6);
        first.push(b"123456").unwrap();
        let first = first.whole();
        assert_eq!((buffers.held(), &first[..]), (6, b"123456".as_slice()));
        let part = first.slice(1..3);
        assert_eq!(&buffers.hold(Bytes::from_static(b"1234")).unwrap()[..], b"1234");
        let mut second = buffers.body(0);
        second.push(b"1234").unwrap();
        assert!(second.push(b"5").is_err());
        drop((first, second));
        assert_eq!(buffers.held(), 6, "a part still holds the whole");
        drop(part);
        assert_eq!(buffers.held(), 0);
        assert!(buffers.hold(Bytes::from_static(b"12345678901")).is_err());
        assert_eq!(buffers.held(), 0);
    }
}
