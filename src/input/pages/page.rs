//! Reading one proved page: its captions, its body, and the account of every line.
//!
//! Each line is noted exactly once, when it is taken; what is dropped and what is kept is read
//! off the account afterwards, so that the two cannot disagree.

use std::collections::HashSet;
use std::ops::Range;

use super::anchor::Head;
use super::line::{self, Line};
use super::{DropRule, DroppedLine, Fate, Image, Lines, Page, UnsplitReason};

/// Reads the page with this `head` from the lines of its `section`, both counted from 0.
pub(super) fn read(lines: &[Line<'_>], section: Range<usize>, head: &Head) -> Result<Page, UnsplitReason> {
    let (numbers, bytes) = line::extent(&lines[section.clone()]);
    let title = &lines[head.title];
    let mut account = Account::default();

    account.note_all(&lines[section.start..head.title], Fate::Dropped(DropRule::BlankLines));
    account.note(title, Fate::Title);
    let above = &lines[head.title + 1..head.controls.start];
    let (captions, known) = read_captions(above, title.key, &mut account);
    for line in &lines[head.controls.clone()] {
        let rule = if line.is_blank() { DropRule::BlankLines } else { DropRule::ControlLine };
        account.note(line, Fate::Dropped(rule));
    }
    let below = &lines[head.controls.end..section.end];
    let body = skip_repeats(below, title.key, &known, &mut account);
    let paragraphs = read_body(body, &mut account);
    if paragraphs.is_empty() {
        return Err(UnsplitReason::NoBody { control: lines[head.controls.start].number });
    }
    Ok(Page {
        lines: numbers,
        bytes,
        title: title.text.to_owned(),
        paragraphs,
        images: captions.iter().map(|caption| image(caption)).collect(),
        drops: account.drops(),
        account: account.0,
    })
}

/// Where each line went, in order; neighbours with one fate share an entry.
#[derive(Default)]
struct Account(Vec<(Lines, Fate)>);

impl Account {
    fn note(&mut self, line: &Line<'_>, fate: Fate) {
        match self.0.last_mut() {
            Some((lines, last)) if *last == fate => lines.last = line.number,
            _ => self.0.push((Lines { first: line.number, last: line.number }, fate)),
        }
    }

    fn note_all(&mut self, lines: &[Line<'_>], fate: Fate) {
        for line in lines {
            self.note(line, fate);
        }
    }

    fn drops(&self) -> Vec<DroppedLine> {
        let drops = self.0.iter().filter_map(|(lines, fate)| match fate {
            Fate::Dropped(rule) => Some(DroppedLine { lines: *lines, rule: *rule }),
            Fate::Title | Fate::Caption | Fate::Body => None,
        });
        drops.collect()
    }
}

/// The captions above the controls, each once, and the keys by which to know them again.
fn read_captions<'a>(lines: &[Line<'a>], title: &str, account: &mut Account) -> (Vec<&'a str>, HashSet<&'a str>) {
    let mut captions = Vec::new();
    let mut known = HashSet::new();
    for line in lines {
        let fate = if line.is_blank() {
            Fate::Dropped(DropRule::BlankLines)
        } else if line.key == title {
            Fate::Dropped(DropRule::RepeatedTitle)
        } else if known.insert(line.key) {
            captions.push(line.text);
            Fate::Caption
        } else {
            Fate::Dropped(DropRule::RepeatedCaption)
        };
        account.note(line, fate);
    }
    (captions, known)
}

/// Passes over what the page shows again below its controls; gives the lines from the first that
/// is neither blank, nor the title, nor a known caption.
fn skip_repeats<'l, 'a>(
    lines: &'l [Line<'a>],
    title: &str,
    known: &HashSet<&str>,
    account: &mut Account,
) -> &'l [Line<'a>] {
    let blanks = lines.iter().take_while(|line| line.is_blank()).count();
    let (blanks, rest) = lines.split_at(blanks);
    account.note_all(blanks, Fate::Dropped(DropRule::BlankLines));

    let titles = rest.iter().take_while(|line| line.key == title).count();
    let (titles, rest) = rest.split_at(titles);
    account.note_all(titles, Fate::Dropped(DropRule::RepeatedTitle));

    let is_repeat = |line: &&Line<'_>| line.is_blank() || known.contains(line.key);
    let (repeats, body) = rest.split_at(rest.iter().take_while(is_repeat).count());
    for line in repeats {
        let rule = if line.is_blank() { DropRule::BlankLines } else { DropRule::RepeatedCaption };
        account.note(line, Fate::Dropped(rule));
    }
    body
}

fn read_body(lines: &[Line<'_>], account: &mut Account) -> Vec<String> {
    let mut blocks: Vec<Vec<&str>> = Vec::new();
    // The line directly above, unless that is blank.
    let mut above = None;
    for line in lines {
        if line.is_blank() {
            account.note(line, Fate::Dropped(DropRule::BlankLines));
            above = None;
            continue;
        }
        if above == Some(line.key) {
            account.note(line, Fate::Dropped(DropRule::RepeatedLine));
            continue;
        }
        account.note(line, Fate::Body);
        match blocks.last_mut() {
            Some(block) if above.is_some() => block.push(line.text),
            _ => blocks.push(vec![line.text]),
        }
        above = Some(line.key);
    }
    match blocks.as_slice() {
        [lines] => lines.iter().map(|line| (*line).to_owned()).collect(),
        blocks => blocks.iter().map(|block| block.join("\n")).collect(),
    }
}

/// Parts a caption line from its credit: the parenthesis that ends it, if it holds text and no
/// other parenthesis.
fn image(line: &str) -> Image {
    let inside = line.trim_end().strip_suffix(')');
    let parted = inside.and_then(|inside| {
        let (caption, credit) = inside.rsplit_once('(')?;
        let credit = credit.trim();
        (!credit.is_empty() && !credit.contains(')')).then_some((caption.trim_end(), credit))
    });
    match parted {
        Some((caption, credit)) => Image { caption: caption.to_owned(), credit: Some(credit.to_owned()) },
        None => Image { caption: line.to_owned(), credit: None },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, caption: &str, credit: Option<&str>) {
        let credit = credit.map(str::to_owned);
        assert_eq!(image(line), Image { caption: caption.to_owned(), credit });
    }

    #[test]
    fn the_last_parenthesis_is_the_credit() {
        check("A mill. (Jo Doe / AFP)", "A mill.", Some("Jo Doe / AFP"));
        check("A mill. ( AP Photo/Jo Doe ) ", "A mill.", Some("AP Photo/Jo Doe"));
        check("The mayor (left) opens a mill. (AP)", "The mayor (left) opens a mill.", Some("AP"));
        check("A mill(AP)", "A mill", Some("AP"));
        check("(AP)", "", Some("AP"));
    }

    #[test]
    fn other_parentheses_are_text() {
        for line in [
            "A mill.",
            "A mill (left) in Zürich.",
            "A mill. (AP).",
            "A mill. (Photo (AP))",
            "A mill. AP)",
            "A mill. ()",
            "A mill. ( )",
            "A mill. )",
            " A mill. ",
        ] {
            check(line, line, None);
        }
    }
}
