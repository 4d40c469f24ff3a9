//! [`Room`]: how many bytes may be under way at once, however unequal the items are.
//!
//! Whoever produces items takes a [`Share`] for each before it makes it, and waits while there is
//! none; the share goes with the item and what is made of it, and is free again when that is dropped.
//! An item larger than all the room is let through when nothing else is under way.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Bytes that several items share.
#[derive(Debug)]
pub(crate) struct Room(Arc<State>);

#[derive(Debug)]
struct State {
    bytes: usize,
    used: Mutex<usize>,
    freed: Condvar,
}

/// The bytes that one item has.
#[derive(Debug)]
pub(crate) struct Share {
    room: Arc<State>,
    bytes: usize,
}

impl Room {
    /// Room for so many bytes.
    pub(crate) fn new(bytes: usize) -> Self {
        Self(Arc::new(State { bytes, used: Mutex::new(0), freed: Condvar::new() }))
    }

    /// Waits until there is room for an item of so many bytes. Only one thread may ask.
    pub(crate) fn take(&self, bytes: usize) -> Share {
        let mut share = Share { room: self.0.clone(), bytes: 0 };
        share.grow(bytes);
        share
    }

    /// Whether an item of so many bytes has to be alone.
    pub(crate) fn is_exceeded_by(&self, bytes: usize) -> bool {
        bytes > self.0.bytes
    }
}

impl State {
    fn used(&self) -> MutexGuard<'_, usize> {
        // A number cannot be left half changed.
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Share {
    /// Waits until there is room for so many bytes more.
    pub(crate) fn grow(&mut self, bytes: usize) {
        let full = |used: &mut usize| *used > self.bytes && used.saturating_add(bytes) > self.room.bytes;
        let waited = self.room.freed.wait_while(self.room.used(), full);
        *waited.unwrap_or_else(PoisonError::into_inner) += bytes;
        self.bytes += bytes;
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        *self.room.used() -= self.bytes;
        self.room.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::super::{Workers, ordered_pool};
    use super::*;

    #[test]
    fn no_more_is_under_way_than_there_is_room_for() {
        let (room, under_way, most) = (Room::new(10), AtomicUsize::new(0), AtomicUsize::new(0));
        let sizes = [1, 2, 3, 4, 9, 1, 30, 5, 5, 5, 0, 10, 1];
        let mut taken = Vec::new();
        let produce = |give: &mut dyn FnMut(_) -> Result<(), String>| {
            sizes.into_iter().try_for_each(|size| {
                let mut share = room.take(size / 2);
                share.grow(size - size / 2);
                let now = under_way.fetch_add(size, Ordering::SeqCst) + size;
                // What is larger than the room is alone.
                most.fetch_max(if now == size { 0 } else { now }, Ordering::SeqCst);
                give((size, share))
            })
        };
        let take = |(size, share)| {
            taken.push(size);
            under_way.fetch_sub(size, Ordering::SeqCst);
            drop::<Share>(share);
            Ok(())
        };
        ordered_pool(Workers { threads: 3, under_way: 12 }, produce, |item| item, take, || "stopped".to_owned())
            .unwrap();
        assert_eq!(taken, sizes);
        assert!(most.into_inner() <= 10);
        assert_eq!(*room.0.used(), 0);
    }

    #[test]
    fn an_error_ends_who_waits_for_room() {
        let room = Room::new(10);
        let endless =
            |give: &mut dyn FnMut(_) -> Result<(), String>| (0..).try_for_each(|item| give((item, room.take(4))));
        let take = |(item, _share)| if item == 50 { Err("enough".to_owned()) } else { Ok(()) };
        let workers = Workers { threads: 2, under_way: 8 };
        let ended: Result<(), String> =
            ordered_pool(workers, endless, |item: (i32, Share)| item, take, || "stopped".to_owned());
        assert_eq!(ended, Err("enough".to_owned()));
    }
}
