//! Page dumps: text copied from news pages, one page under the other, split into articles.
//!
//! A page shows its title, the captions of its pictures, a line of controls (share, listen, text
//! size) and then the title again, perhaps the captions again, and the body. The control line is
//! the anchor; the title repeated below it is the proof. Nothing is guessed: where the proof is
//! missing the lines stay together, raw, with the reason. Every line of a dump ends in exactly one
//! place: a title, a caption, a body, a declared drop, or an unsplit piece.
//!
//! This room deliberately does not read files, decode bytes or take away a byte order mark (its
//! caller does), finds no dates, authors or datelines (a date in a caption is the day of the
//! picture), and cleans no text: lines are only *compared* without the whitespace around them.

mod anchor;
mod line;
mod page;

use std::mem;
use std::ops::Range;

use self::anchor::Head;
use self::line::Line;

/// The lines a site puts on its pages that belong to no article.
///
/// A rule matches a whole line, letter case included, without the whitespace around the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rules {
    /// Control lines that mark a page. By default only `TT`, the text size control.
    pub anchors: Vec<String>,
    /// Control lines that are dropped beside an anchor, with at most blank lines and other control
    /// lines in between, and are ordinary text everywhere else: each could well be a line of an
    /// article. By default `A A`, `Share`, `Listen` and `Print`.
    pub companions: Vec<String>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            anchors: vec!["TT".to_owned()],
            companions: ["A A", "Share", "Listen", "Print"].map(str::to_owned).to_vec(),
        }
    }
}

/// A run of lines of the dump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lines {
    /// Number of the first line, counted from 1.
    pub first: u64,
    /// Number of the last line, counted from 1; never below `first`.
    pub last: u64,
}

/// One stretch of a dump. The pieces of a dump follow each other without gap or overlap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// A page whose title was proved.
    Page(Page),
    /// Lines that could not be split with certainty; nothing in them was changed.
    Unsplit {
        /// The lines, for a reject to name.
        lines: Lines,
        /// Their bytes in the dump, counted from 0, line endings included.
        bytes: Range<usize>,
        /// What was missing.
        reason: UnsplitReason,
    },
}

/// One article as its page showed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// All lines of the page, dropped ones included.
    pub lines: Lines,
    /// Their bytes in the dump, counted from 0, line endings included.
    pub bytes: Range<usize>,
    /// The title line as it stands above the captions, without the line ending.
    pub title: String,
    /// The body, never empty. Blank lines part paragraphs if the body has any, and a paragraph of
    /// several lines then keeps them, joined by `\n`; else every line is a paragraph. Lines are as
    /// they stand in the dump.
    pub paragraphs: Vec<String>,
    /// The captions above the control line, each once, in order.
    pub images: Vec<Image>,
    /// What was left out and why, in order.
    pub drops: Vec<DroppedLine>,
    account: Vec<(Lines, Fate)>,
}

/// A picture of a page; the dump holds only its caption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Image {
    /// The caption line without the credit and the whitespace before it; may be empty.
    pub caption: String,
    /// The text of the parenthesis that ends the caption line, without the whitespace around it;
    /// never empty.
    pub credit: Option<String>,
}

/// Where a line of a page went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is the title.
    Title,
    /// It is the caption of an image.
    Caption,
    /// It is a line of the body.
    Body,
    /// It was left out, by this rule.
    Dropped(DropRule),
}

/// A declared omission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DroppedLine {
    /// The lines left out.
    pub lines: Lines,
    /// The rule that left them out.
    pub rule: DropRule,
}

/// The reasons to leave a line out. The set is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DropRule {
    /// An anchor, or a companion beside one.
    ControlLine,
    /// The title once more, at the top of the page.
    RepeatedTitle,
    /// A caption once more, above the control line or between the repeated title and the body.
    RepeatedCaption,
    /// A body line equal to the line directly above it. Equal lines further apart are all kept.
    RepeatedLine,
    /// Lines with nothing but whitespace: around pages, between their elements, between paragraphs.
    BlankLines,
}

impl DropRule {
    /// The stable name of the rule, for reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ControlLine => "control-line",
            Self::RepeatedTitle => "repeated-title",
            Self::RepeatedCaption => "repeated-caption",
            Self::RepeatedLine => "repeated-line",
            Self::BlankLines => "blank-lines",
        }
    }
}

/// Why lines could not be split. The set is closed; lines are counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UnsplitReason {
    /// The dump holds blank lines only.
    #[error("there is no text, only blank lines; leave this file out")]
    NoText,
    /// No line of the dump is an anchor.
    #[error(
        "no line marks a page (one that says only `TT`, or what `anchors` of the mapping lists); \
         put one below the captions of each page, or give the articles as JSON"
    )]
    NoAnchor,
    /// Text stands above the first page's title.
    #[error(
        "text above the title of the first page belongs to no page; \
         remove it, or give it a title, a control line and the title again"
    )]
    BeforeFirstPage,
    /// Nothing that could be a title stands above the control line.
    #[error(
        "no title stands above the control line on line {control}; \
         put the title above it, or remove the control line if it is not one"
    )]
    NoTitle {
        /// Line of the first control line of the page.
        control: u64,
    },
    /// The lines above the control line hold no title that is repeated below it. The page before
    /// ends in doubt too, since only a proved title ends a page, so its lines are in the same
    /// piece.
    #[error(
        "the first text below the control line on line {control} is not the title above it; \
         make both titles equal, or remove the control line if it is not one"
    )]
    TitleNotRepeated {
        /// Line of the first control line of the page.
        control: u64,
    },
    /// The title is repeated, but the page ends before a body begins.
    #[error(
        "no body follows the title and captions below the control line on line {control}; \
         add the body, or remove the page"
    )]
    NoBody {
        /// Line of the first control line of the page.
        control: u64,
    },
}

/// Splits the text of one dump into pieces, in order; they cover every line.
///
/// Lines end with `\n` or `\r\n`. A page runs from its title to the next proved title. Blank lines
/// above the first page are part of it, blank lines between pages are part of the page above them.
/// An empty text has no lines and so gives no pieces; a text of blank lines gives one unsplit
/// piece. Takes time linear in the length of the text.
pub(crate) fn split(text: &str, rules: &Rules) -> Vec<Piece> {
    let lines = line::cut(text);
    if lines.is_empty() {
        return Vec::new();
    }
    let sections = sections(&lines, rules);
    let ends = sections.iter().skip(1).map(|section| section.start).chain([lines.len()]);
    sections.iter().zip(ends).map(|(section, end)| piece(&lines, section, end)).collect()
}

/// The lines from `start` to the start of the next section, counted from 0 and never none.
struct Section {
    start: usize,
    /// Missing only for what stands above the first proved title.
    head: Option<Head>,
    /// The first anchor of the section that proves no page.
    flaw: Option<UnsplitReason>,
}

fn sections(lines: &[Line<'_>], rules: &Rules) -> Vec<Section> {
    let mut sections = Vec::new();
    let mut current = Section { start: 0, head: None, flaw: None };
    let mut floor = 0;
    for controls in anchor::control_runs(lines, rules) {
        let end = controls.end;
        match anchor::prove(lines, floor, controls) {
            Ok(head) => {
                // True only above the first page, since every other section holds a title.
                let blank = lines[current.start..head.title].iter().all(Line::is_blank);
                let start = if blank { current.start } else { head.title };
                let next = Section { start, head: Some(head), flaw: None };
                let ended = mem::replace(&mut current, next);
                if !blank {
                    sections.push(ended);
                }
            }
            // The page this anchor belongs to may begin anywhere above it, so the page before has
            // no certain end: the whole section is in doubt.
            Err(flaw) => {
                current.flaw.get_or_insert(flaw);
            }
        }
        floor = end;
    }
    sections.push(current);
    sections
}

fn piece(lines: &[Line<'_>], section: &Section, end: usize) -> Piece {
    let extent = section.start..end;
    let page = match (&section.flaw, &section.head) {
        (Some(flaw), _) => Err(*flaw),
        (None, Some(head)) => page::read(lines, extent.clone(), head),
        (None, None) if end < lines.len() => Err(UnsplitReason::BeforeFirstPage),
        (None, None) if lines.iter().all(Line::is_blank) => Err(UnsplitReason::NoText),
        (None, None) => Err(UnsplitReason::NoAnchor),
    };
    let (numbers, bytes) = line::extent(&lines[extent]);
    page.map_or_else(|reason| Piece::Unsplit { lines: numbers, bytes, reason }, Piece::Page)
}

#[cfg(test)]
mod tests;
