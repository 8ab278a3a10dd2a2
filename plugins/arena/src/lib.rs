//! An allocator for guests that live for one request: it hands out memory in order and takes nothing back.
//!
//! A plugin instance is thrown away whole after its request, so freeing piece by piece would be wasted work.
//! Compared with the default allocator this saves a `memory.grow` for each request, which is a system call on the
//! node's side, and about 5 KB of code. A guest that allocates and frees a lot within one request should keep the
//! default allocator.
//!
//! ```ignore
//! #[global_allocator]
//! static ARENA: edgewit_arena::Arena = edgewit_arena::Arena::new();
//! ```
#![no_std]

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;

/// Memory from the linker's heap start upwards. The memory grows once what the module began with is used up.
#[derive(Debug)]
pub struct Arena {
    /// Address of the first free byte; 0 until the first allocation.
    next: Cell<usize>,
    /// Address one past the memory that the module has.
    end: Cell<usize>,
}

/// Bytes of one WebAssembly page.
const PAGE_BYTES: usize = 65536;
/// Pages asked for at once when memory runs out, so that big guests do not grow for every small allocation.
const GROW_PAGES: usize = 16;

// SAFETY: a wasm32-unknown-unknown module without the atomics feature has one thread.
unsafe impl Sync for Arena {}

impl Arena {
    /// An arena that has handed out nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { next: Cell::new(0), end: Cell::new(0) }
    }

    /// Makes sure that memory reaches up to `address`; false when the host refuses.
    fn reach(&self, address: usize) -> bool {
        if address <= self.end.get() {
            return true;
        }
        let missing = (address - self.end.get()).div_ceil(PAGE_BYTES);
        let grown = platform::grow(missing.max(GROW_PAGES)) || platform::grow(missing);
        self.end.set(platform::memory_end());
        grown && address <= self.end.get()
    }
}

impl Default for Arena {
    fn default() -> Self {
        Self::new()
    }
}

// SAFETY: every allocation lies between the linker's heap start and the end of memory, aligned as asked, and overlaps
// no earlier one, because `next` only moves up (or back to the start of the latest allocation, by its owner).
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if self.next.get() == 0 {
            self.next.set(platform::heap_start());
            self.end.set(platform::memory_end());
        }
        let start = self.next.get().next_multiple_of(layout.align());
        let Some(end) = start.checked_add(layout.size()) else { return core::ptr::null_mut() };
        if !self.reach(end) {
            return core::ptr::null_mut();
        }
        self.next.set(end);
        core::ptr::with_exposed_provenance_mut(start)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if block.addr() + layout.size() == self.next.get() {
            self.next.set(block.addr());
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let start = block.addr();
        if start + layout.size() == self.next.get() {
            // The latest allocation grows or shrinks where it lies; strings and vectors are built this way.
            let Some(end) = start.checked_add(new_size) else { return core::ptr::null_mut() };
            if !self.reach(end) {
                return core::ptr::null_mut();
            }
            self.next.set(end);
            return block;
        }
        if new_size <= layout.size() {
            return block;
        }
        // SAFETY: the caller keeps `GlobalAlloc::realloc`'s promises about `layout` and `new_size`.
        let moved = unsafe { self.alloc(Layout::from_size_align_unchecked(new_size, layout.align())) };
        if !moved.is_null() {
            // SAFETY: both blocks are valid for `layout.size()` bytes and do not overlap.
            unsafe { core::ptr::copy_nonoverlapping(block, moved, layout.size()) };
        }
        moved
    }
}

#[cfg(target_family = "wasm")]
mod platform {
    use core::arch::wasm32;

    unsafe extern "C" {
        // Defined by the linker; its address, not its value, is where the heap begins.
        static __heap_base: u8;
    }

    pub(crate) fn heap_start() -> usize {
        (&raw const __heap_base).addr()
    }

    pub(crate) fn memory_end() -> usize {
        wasm32::memory_size(0).saturating_mul(super::PAGE_BYTES)
    }

    pub(crate) fn grow(pages: usize) -> bool {
        wasm32::memory_grow(0, pages) != usize::MAX
    }
}

/// Nothing to hand out elsewhere: the crate compiles on any machine but serves guests only.
#[cfg(not(target_family = "wasm"))]
mod platform {
    pub(crate) fn heap_start() -> usize {
        1
    }

    pub(crate) fn memory_end() -> usize {
        1
    }

    pub(crate) fn grow(_pages: usize) -> bool {
        false
    }
}
