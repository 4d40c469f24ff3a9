//! Runs work on several threads and returns the results in order.
//!
//! One thread produces items, several threads work on them, and the caller takes the results in the order
//! of the items. The number of items in progress is bounded. If items differ in size, a [`Room`] also
//! bounds their bytes. The pool knows nothing about articles or records.

mod room;

use std::collections::BTreeMap;
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};

pub(crate) use room::{Room, Share};

/// The number of worker threads, and the most items in progress: produced, but not taken yet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Workers {
    pub(crate) threads: usize,
    pub(crate) under_way: usize,
}

/// Passes every item of `produce` to `work` on one of several threads, and the results in order to `take`.
/// Returns the value of `produce`, or the first error of `take` or `produce`. After an error of `take`,
/// the producer gets the error of `stopped`.
pub(crate) fn ordered_pool<T: Send, R: Send, P: Send, E: Send>(
    workers: Workers,
    produce: impl FnOnce(&mut dyn FnMut(T) -> Result<(), E>) -> Result<P, E> + Send,
    work: impl Fn(T) -> R + Sync,
    mut take: impl FnMut(R) -> Result<(), E>,
    stopped: impl Fn() -> E + Send,
) -> Result<P, E> {
    let Workers { threads, under_way } = workers;
    let (permits, permit) = bounded::<()>(under_way);
    let (items, item) = bounded::<(u64, T)>(under_way);
    let (results, result) = bounded::<(u64, R)>(under_way);
    thread::scope(|scope| {
        for _ in 0..threads {
            let (item, results, work) = (item.clone(), results.clone(), &work);
            scope.spawn(move || worker(&item, &results, work));
        }
        drop((item, results));
        let producer = scope.spawn(move || {
            let mut number = 0;
            produce(&mut |item| {
                let sent = permits.send(()).is_ok() && items.send((number, item)).is_ok();
                number += 1;
                if sent { Ok(()) } else { Err(stopped()) }
            })
        });
        let taken = take_in_order(&result, &permit, &mut take);
        // After an error the producer gets no permit, and results are dropped as they come: they may hold shares
        // of a room that the producer waits for.
        drop(permit);
        result.iter().for_each(drop);
        let end = producer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        taken.and(end)
    })
}

fn worker<T, R>(items: &Receiver<(u64, T)>, results: &Sender<(u64, R)>, work: &impl Fn(T) -> R) {
    for (number, item) in items {
        if results.send((number, work(item))).is_err() {
            return;
        }
    }
}

fn take_in_order<R, E>(
    results: &Receiver<(u64, R)>,
    permits: &Receiver<()>,
    take: &mut impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    let mut next = 0;
    let mut early = BTreeMap::new();
    for (number, result) in results {
        early.insert(number, result);
        while let Some(result) = early.remove(&next) {
            take(result)?;
            next += 1;
            // Every item has a permit, so this does not wait.
            let _permit = permits.recv();
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order() {
        for threads in [1, 2, 8] {
            let mut taken = Vec::new();
            let produce = |give: &mut dyn FnMut(u64) -> Result<(), String>| (0..1000).try_for_each(give);
            let work = |item: u64| {
                // Unequal work, so that results arrive out of order.
                (0..(item * 7919) % 1000).fold(item, |sum, _| std::hint::black_box(sum))
            };
            let take = |result| {
                taken.push(result);
                Ok(())
            };
            ordered_pool(Workers { threads, under_way: threads * 4 }, produce, work, take, || "stopped".to_owned())
                .unwrap();
            assert_eq!(taken, (0..1000).collect::<Vec<u64>>());
        }
    }

    #[test]
    fn an_error_stops_all_threads() {
        let endless = |give: &mut dyn FnMut(u64) -> Result<(), String>| (0..).try_for_each(give);
        let take = |result| if result == 50 { Err("enough".to_owned()) } else { Ok(()) };
        let two = Workers { threads: 2, under_way: 3 };
        let ended = ordered_pool(two, endless, |item| item, take, || "stopped".to_owned());
        assert_eq!(ended, Err("enough".to_owned()));
        let failing = |give: &mut dyn FnMut(u64) -> Result<(), String>| give(1).and(Err::<(), _>("broken".to_owned()));
        assert_eq!(
            ordered_pool(two, failing, |item| item, |_| Ok(()), || "stopped".to_owned()),
            Err("broken".to_owned())
        );
    }
}
