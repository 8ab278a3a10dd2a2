//! Texts that are made while rendering.
//!
//! They stay where they are until the rendering ends, so that values borrow them as they borrow the template and the
//! request, and are copied and dropped for nothing.

use std::cell::OnceCell;

/// Texts in one allocation.
const SHELF_TEXTS: usize = 16;

/// Owns the texts of one rendering.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    first: OnceCell<Box<Shelf>>,
}

#[derive(Debug, Default)]
struct Shelf {
    texts: [OnceCell<Box<str>>; SHELF_TEXTS],
    next: OnceCell<Box<Shelf>>,
}

impl Drop for Texts {
    /// One after the other: a long chain would drop itself by recursion.
    fn drop(&mut self) {
        let mut next = self.first.take();
        while let Some(mut shelf) = next {
            next = shelf.next.take();
        }
    }
}

/// Puts texts where [`Texts`] keeps them.
#[derive(Debug)]
pub(crate) struct Keeper<'a> {
    shelf: &'a OnceCell<Box<Shelf>>,
    used: usize,
}

impl<'a> Keeper<'a> {
    pub(crate) fn new(texts: &'a Texts) -> Self {
        Self { shelf: &texts.first, used: 0 }
    }

    pub(crate) fn keep(&mut self, text: Box<str>) -> &'a str {
        let mut shelf = self.shelf.get_or_init(Box::default);
        if self.used == SHELF_TEXTS {
            self.shelf = &shelf.next;
            self.used = 0;
            shelf = self.shelf.get_or_init(Box::default);
        }
        let place = &shelf.texts[self.used];
        self.used += 1;
        place.get_or_init(|| text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stay_where_they_are() {
        let texts = Texts::default();
        let mut keeper = Keeper::new(&texts);
        let kept: Vec<&str> = (0..100_000).map(|number| keeper.keep(number.to_string().into())).collect();
        for (number, text) in kept.into_iter().enumerate() {
            assert_eq!(text, number.to_string());
        }
    }
}
