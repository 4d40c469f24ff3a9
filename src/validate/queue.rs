//! [`Queue`]: bounds the memory of the blocks that threads validate.
//!
//! A block of a mebibyte may have one article or a hundred thousand, and a record takes memory for every
//! column, even for a null. So blocks of many articles are split. The queue does not validate.

use super::sources::Step;
use crate::error::Error;
use crate::input::{Block, Content};
use crate::ordered_pool::{Room, Share};

/// The memory of a block, as a multiple of its bytes: the input, the parsed values, and the columns.
const COPIES: usize = 3;
/// About how many bytes an article takes in addition to its values: its frame, sort entry and a violation.
const ARTICLE: usize = 640;
/// About how many bytes a column takes for each article: a cell and an array slot.
const COLUMN: usize = 48;

/// A step for a worker, and its share of the memory.
pub(super) type Queued = (Step<(usize, Block)>, Share);

/// Gives each block its share of the memory.
#[derive(Debug)]
pub(super) struct Queue {
    room: Room,
    /// How many bytes an article takes in addition to its values.
    article: usize,
    /// The most articles of a block.
    most_articles: usize,
}

impl Queue {
    /// Creates a queue for articles with this many columns, which may take about `memory` bytes.
    pub(super) fn new(memory: usize, columns: usize) -> Self {
        let article = ARTICLE + columns * COLUMN;
        Self { room: Room::new(memory), article, most_articles: (memory / 4 / article).max(16) }
    }

    /// Hands on a block of the source with this index as soon as there is memory for it.
    pub(super) fn give(
        &self,
        index: usize,
        block: Block,
        give: &mut dyn FnMut(Queued) -> Result<(), Error>,
    ) -> Result<(), Error> {
        // The content of a page refers to positions in the whole dump, so its bytes cannot be split.
        let is_json = block.frames.iter().all(|frame| !matches!(frame.content, Content::Page(_)));
        if block.frames.len() <= self.most_articles || !is_json {
            return self.give_one(index, block, give);
        }
        let Block { source, bytes, frames } = block;
        let mut frames = frames.into_iter();
        loop {
            let mut part: Vec<_> = frames.by_ref().take(self.most_articles).collect();
            let Some((start, end)) = part.first().zip(part.last()).map(|(a, b)| (a.range.start, b.range.end)) else {
                return Ok(());
            };
            for frame in &mut part {
                frame.range = frame.range.start - start..frame.range.end - start;
            }
            let bytes = bytes[start..end].to_vec();
            self.give_one(index, Block { source: source.clone(), bytes, frames: part }, give)?;
        }
    }

    fn give_one(
        &self,
        index: usize,
        block: Block,
        give: &mut dyn FnMut(Queued) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let bytes = block.bytes.len() * COPIES + block.frames.len() * self.article;
        if !self.room.is_exceeded_by(bytes) {
            return give((Step::Output((index, block)), self.room.take(bytes)));
        }
        // Its whole share is only available after this step, so the step takes one byte.
        give((Step::LargeBlock(bytes), self.room.take(1)))?;
        give((Step::Output((index, block)), self.room.take(bytes)))?;
        // The next block may be as large, so nothing is read before there is room.
        self.room.wait();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc::channel;
    use std::thread;

    use super::*;
    use crate::input::Frame;

    const DIGITS: &[u8; 10] = b"0123456789";

    /// A block of this many articles. Each is the last digit of its index.
    fn block(articles: usize) -> Block {
        let frame = |index: usize| Frame {
            range: index * 2..index * 2 + 1,
            line: index as u64 + 1,
            column: 1,
            byte: index as u64 * 2,
            length: 1,
            content: Content::Json { last: false, names: None },
        };
        let bytes = (0..articles).flat_map(|index| [DIGITS[index % 10], b'\n']).collect();
        Block { source: "in".into(), bytes, frames: (0..articles).map(frame).collect() }
    }

    #[test]
    fn blocks_of_many_articles_are_split_and_keep_their_lines() {
        let queue = Queue::new(1 << 20, 1);
        let mut given = Vec::new();
        let mut give = |(step, _share): Queued| {
            if let Step::Output((index, block)) = step {
                given.push((index, block));
            }
            Ok(())
        };
        queue.give(7, block(1000), &mut give).unwrap();
        queue.give(8, block(3), &mut give).unwrap();
        let sizes: Vec<(usize, usize)> = given.iter().map(|(index, block)| (*index, block.frames.len())).collect();
        assert_eq!(sizes, [(7, 381), (7, 381), (7, 238), (8, 3)]);
        let bytes = |block: &Block| block.frames.iter().map(|frame| block.bytes_of(frame)[0]).collect::<Vec<u8>>();
        let all: Vec<u8> = given[..3].iter().flat_map(|(_, block)| bytes(block)).collect();
        assert_eq!(all, DIGITS.repeat(100));
        let lines = given[..3].iter().flat_map(|(_, block)| block.frames.iter().map(|frame| frame.line));
        assert!(lines.eq(1..=1000));
    }

    #[test]
    fn a_large_block_is_announced() {
        let queue = Queue::new(1 << 10, 1);
        let mut given = Vec::new();
        let mut give = |(step, _share): Queued| {
            given.push(matches!(step, Step::LargeBlock(_)));
            Ok(())
        };
        queue.give(0, block(10), &mut give).unwrap();
        assert_eq!(given, [true, false]);
    }

    #[test]
    fn nothing_is_read_while_a_large_block_is_under_way() {
        let queue = Queue::new(1 << 10, 1);
        let done = AtomicBool::new(false);
        let (shares, under_way) = channel::<Share>();
        thread::scope(|scope| {
            scope.spawn(|| {
                for share in under_way {
                    done.store(true, Ordering::SeqCst);
                    drop(share);
                }
            });
            let mut give = |(step, share): Queued| {
                if matches!(step, Step::Output(_)) {
                    shares.send(share).unwrap();
                }
                Ok(())
            };
            queue.give(0, block(10), &mut give).unwrap();
            assert!(done.load(Ordering::SeqCst));
            drop(shares);
        });
    }
}
