//! Finding where pages begin: control lines, and the proof that a page's title stands above them.
//!
//! The proof is the title itself, repeated as the first text below the control lines. Where it
//! stands above them decides what is a caption; what the lines look like decides nothing.

use std::ops::Range;

use super::line::Line;
use super::{Rules, UnsplitReason};

/// Where a proved page begins. Lines are counted from 0.
#[derive(Debug)]
pub(super) struct Head {
    /// The line of the title. Between it and the controls stand captions, if any.
    pub(super) title: usize,
    /// The control lines, with blank lines between them. Below them follows the repeated title.
    pub(super) controls: Range<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Text,
    Companion,
    Anchor,
}

/// The runs of control lines that hold an anchor, from first to last control line, in order.
///
/// Blank lines do not end a run: what stands between two controls is never text.
pub(super) fn control_runs(lines: &[Line<'_>], rules: &Rules) -> Vec<Range<usize>> {
    let filled = lines.iter().enumerate().filter(|(_, line)| !line.is_blank());
    let marked: Vec<_> = filled.map(|(index, line)| (index, role(line.key, rules))).collect();
    marked
        .chunk_by(|(_, above), (_, below)| (*above == Role::Text) == (*below == Role::Text))
        .filter(|run| run.iter().any(|(_, role)| *role == Role::Anchor))
        .filter_map(|run| Some(run.first()?.0..run.last()?.0 + 1))
        .collect()
}

fn role(key: &str, rules: &Rules) -> Role {
    let is_in = |list: &[String]| list.iter().any(|control| control == key);
    if is_in(&rules.anchors) {
        Role::Anchor
    } else if is_in(&rules.companions) {
        Role::Companion
    } else {
        Role::Text
    }
}

/// Finds the title above `controls` that is repeated below them.
///
/// It is the line above the block of lines that stands above the controls, or a line of that
/// block. Lines above `floor`, where the controls of the page before end, are not looked at; so
/// all calls together look at each line a bounded number of times.
pub(super) fn prove(lines: &[Line<'_>], floor: usize, controls: Range<usize>) -> Result<Head, UnsplitReason> {
    let control = lines[controls.start].number;
    let above = &lines[floor..controls.start];
    let below = lines[controls.end..].iter().find(|line| !line.is_blank());

    let bottom = above.iter().rposition(|line| !line.is_blank());
    let bottom = bottom.ok_or(UnsplitReason::NoTitle { control })?;
    let top = above[..bottom].iter().rposition(Line::is_blank).map_or(0, |blank| blank + 1);

    let repeated = |line: &Line<'_>| below.is_some_and(|below| below.key == line.key);
    let over_block = above[..top].iter().rposition(|line| !line.is_blank());
    let in_block = || above[top..=bottom].iter().rposition(repeated).map(|index| top + index);
    let title = over_block.filter(|index| repeated(&above[*index])).or_else(in_block);
    let lowest = title.ok_or(UnsplitReason::TitleNotRepeated { control })?;

    // A title shown twice in a row belongs to its page as a whole, not half to the page before.
    let others = above[..lowest].iter().rev().take_while(|line| repeated(line)).count();
    Ok(Head { title: floor + lowest - others, controls })
}
