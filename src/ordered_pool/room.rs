//! [`Room`]: bounds the bytes of the items in progress, even if the items differ in size.
//!
//! The producer takes a [`Share`] before it creates an item, and waits until one is available. The share
//! travels with the item and its result, and is freed when it is dropped. An item that exceeds the room
//! passes when nothing else is in progress. A share is an estimate: a room allocates nothing.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// A number of bytes that several items share.
#[derive(Debug)]
pub(crate) struct Room(Arc<State>);

#[derive(Debug)]
struct State {
    bytes: usize,
    used: Mutex<usize>,
    freed: Condvar,
}

/// The bytes of one item.
#[derive(Debug)]
pub(crate) struct Share {
    room: Arc<State>,
    bytes: usize,
}

impl Room {
    /// Creates a room of this many bytes.
    pub(crate) fn new(bytes: usize) -> Self {
        Self(Arc::new(State { bytes, used: Mutex::new(0), freed: Condvar::new() }))
    }

    /// Waits until there is room for an item of this many bytes. Only one thread may call it.
    pub(crate) fn take(&self, bytes: usize) -> Share {
        let mut share = Share { room: self.0.clone(), bytes: 0 };
        share.grow(bytes);
        share
    }

    /// Waits until the items in progress do not exceed the room. Only one thread may call it.
    pub(crate) fn wait(&self) {
        let full = |used: &mut usize| *used > self.0.bytes;
        drop(self.0.freed.wait_while(self.0.used(), full).unwrap_or_else(PoisonError::into_inner));
    }

    /// Whether an item of this many bytes exceeds the room.
    pub(crate) fn is_exceeded_by(&self, bytes: usize) -> bool {
        bytes > self.0.bytes
    }
}

impl State {
    fn used(&self) -> MutexGuard<'_, usize> {
        // A panic cannot leave a number half changed, so a poisoned lock is safe.
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Share {
    /// Waits until there is room for this many more bytes.
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
    fn items_in_progress_do_not_exceed_the_room() {
        let (room, under_way, most) = (Room::new(10), AtomicUsize::new(0), AtomicUsize::new(0));
        let sizes = [1, 2, 3, 4, 9, 1, 30, 5, 5, 5, 0, 10, 1];
        let mut taken = Vec::new();
        let produce = |give: &mut dyn FnMut(_) -> Result<(), String>| {
            sizes.into_iter().try_for_each(|size| {
                let mut share = room.take(size / 2);
                share.grow(size - size / 2);
                let now = under_way.fetch_add(size, Ordering::SeqCst) + size;
                // An item that exceeds the room is alone.
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
    fn an_error_wakes_the_producer() {
        // How far the threads are when the error occurs differs from round to round.
        for last in 0..500 {
            let room = Room::new(10);
            let endless =
                |give: &mut dyn FnMut(_) -> Result<(), String>| (0..).try_for_each(|item| give((item, room.take(4))));
            let take = |(item, _share)| if item == last { Err("enough".to_owned()) } else { Ok(()) };
            let workers = Workers { threads: 2, under_way: 8 };
            let ended: Result<(), String> =
                ordered_pool(workers, endless, |item: (i32, Share)| item, take, || "stopped".to_owned());
            assert_eq!(ended, Err("enough".to_owned()));
        }
    }
}
