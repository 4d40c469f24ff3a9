//! What changed in a text, word by word, within a narrow window.
//!
//! Long texts are first clipped around their first difference, so the work is bounded.

use serde::Serialize;
use similar::{Algorithm, DiffOp, capture_diff_slices};

/// How many characters are shown before the first difference.
const BEFORE: usize = 30;
/// How many characters of each text are compared from there.
const WINDOW: usize = 160;
/// The most characters of unchanged text between two changes.
const BETWEEN: usize = 40;

/// A piece of text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Piece {
    /// It is in both texts.
    Same(String),
    /// It is in the text before.
    Removed(String),
    /// It is in the text after.
    Added(String),
}

/// The change from one text to another, around their first difference.
pub(super) fn words(before: &str, after: &str) -> Vec<Piece> {
    let (from, until) = shared(before, after);
    let (lead, lead_cut) = last_characters(&before[..from], BEFORE);
    let tail = &before[before.len() - until..];
    let ours = window(&before[from..], until);
    let theirs = window(&after[from..], until);
    let cut = ours.1 || theirs.1;
    let mut pieces = Vec::new();
    push(&mut pieces, Piece::Same(format!("{}{lead}", if lead_cut { "…" } else { "" })));
    let (old, new) = (tokens(ours.0), tokens(theirs.0));
    for operation in capture_diff_slices(Algorithm::Myers, &old, &new) {
        match operation {
            DiffOp::Equal { old_index, len, .. } => {
                push(&mut pieces, Piece::Same(shorten(&old[old_index..old_index + len].concat())));
            }
            DiffOp::Delete { old_index, old_len, .. } => {
                push(&mut pieces, Piece::Removed(old[old_index..old_index + old_len].concat()));
            }
            DiffOp::Insert { new_index, new_len, .. } => {
                push(&mut pieces, Piece::Added(new[new_index..new_index + new_len].concat()));
            }
            DiffOp::Replace { old_index, old_len, new_index, new_len } => {
                push(&mut pieces, Piece::Removed(old[old_index..old_index + old_len].concat()));
                push(&mut pieces, Piece::Added(new[new_index..new_index + new_len].concat()));
            }
        }
    }
    let (rest, rest_cut) = first_characters(tail, BEFORE);
    let end = if cut { "…".to_owned() } else { format!("{rest}{}", if rest_cut { "…" } else { "" }) };
    push(&mut pieces, Piece::Same(end));
    pieces
}

/// Clips both texts around their first difference.
pub(super) fn clip(before: &str, after: &str) -> (String, String) {
    let from = shared(before, after).0;
    let one = |text: &str| {
        let (lead, cut) = last_characters(&text[..from], BEFORE);
        let (rest, more) = first_characters(&text[from..], WINDOW);
        format!("{}{lead}{rest}{}", if cut { "…" } else { "" }, if more { "…" } else { "" })
    };
    (one(before), one(after))
}

/// A text of at most `limit` characters.
pub(super) fn short(text: &str, limit: usize) -> String {
    let (start, cut) = first_characters(text, limit);
    format!("{start}{}", if cut { "…" } else { "" })
}

/// The number of equal bytes at the start and at the end, to whole words.
fn shared(before: &str, after: &str) -> (usize, usize) {
    let equal = before.bytes().zip(after.bytes()).take_while(|(a, b)| a == b).count();
    let at_word = |at: usize| {
        before.is_char_boundary(at) && after.is_char_boundary(at) && !before[..at].ends_with(char::is_alphanumeric)
    };
    // A very long word is cut inside.
    let from = (equal.saturating_sub(64)..=equal).rev().find(|at| at_word(*at));
    let boundary = |at: usize| before.is_char_boundary(at) && after.is_char_boundary(at);
    let from = from.or_else(|| (0..=equal).rev().find(|at| boundary(*at))).unwrap_or(0);
    let (old, new) = (&before[from..], &after[from..]);
    let equal = old.bytes().rev().zip(new.bytes().rev()).take_while(|(a, b)| a == b).count();
    let fits = |length: usize| {
        old.is_char_boundary(old.len() - length)
            && new.is_char_boundary(new.len() - length)
            && !old[old.len() - length..].starts_with(char::is_alphanumeric)
    };
    let until = (equal.saturating_sub(64)..=equal).rev().find(|length| fits(*length));
    (from, until.unwrap_or(0))
}

/// The start of a text without its last `until` bytes, and whether more follows.
fn window(text: &str, until: usize) -> (&str, bool) {
    first_characters(&text[..text.len() - until], WINDOW)
}

fn first_characters(text: &str, limit: usize) -> (&str, bool) {
    match text.char_indices().nth(limit) {
        Some((end, _)) => (&text[..end], true),
        None => (text, false),
    }
}

fn last_characters(text: &str, limit: usize) -> (&str, bool) {
    match text.char_indices().rev().nth(limit.saturating_sub(1)) {
        Some((start, _)) if start > 0 => (&text[start..], true),
        _ => (text, false),
    }
}

/// Words, and single characters between them.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = if first.is_alphanumeric() {
            rest.find(|character: char| !character.is_alphanumeric()).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (token, after) = rest.split_at(end);
        tokens.push(token);
        rest = after;
    }
    tokens
}

/// Leaves out the middle of a long piece.
fn shorten(text: &str) -> String {
    if text.chars().count() <= BETWEEN {
        return text.to_owned();
    }
    let (start, _) = first_characters(text, BETWEEN / 2);
    let (end, _) = last_characters(text, BETWEEN / 2);
    format!("{start}…{end}")
}

/// Adds a piece, or extends the last one if it has the same kind.
fn push(pieces: &mut Vec<Piece>, piece: Piece) {
    match (pieces.last_mut(), piece) {
        (_, Piece::Same(text) | Piece::Removed(text) | Piece::Added(text)) if text.is_empty() => {}
        (Some(Piece::Same(last)), Piece::Same(text))
        | (Some(Piece::Removed(last)), Piece::Removed(text))
        | (Some(Piece::Added(last)), Piece::Added(text)) => last.push_str(&text),
        (_, piece) => pieces.push(piece),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(before: &str, after: &str, want: &str) {
        let shown: String = words(before, after)
            .into_iter()
            .map(|piece| match piece {
                Piece::Same(text) => text,
                Piece::Removed(text) => format!("[-{text}-]"),
                Piece::Added(text) => format!("{{+{text}+}}"),
            })
            .collect();
        assert_eq!(shown, want);
    }

    #[test]
    fn removed_and_added_words() {
        check("It rained.", "It snowed.", "It [-rained-]{+snowed+}.");
        check("It rained.", "It rained today.", "It rained{+ today+}.");
        check("a b c", "a c", "a [-b -]c");
        check("", "new", "{+new+}");
        check("雨が降った", "雪が降った", "[-雨が降った-]{+雪が降った+}");
        check("same", "same", "same");
    }

    #[test]
    fn long_texts_are_compared_in_a_window() {
        let long = "word ".repeat(1000);
        let want = format!("…{}[-old-]{{+new+}} {}…", "word ".repeat(6), &"word ".repeat(6)[..29]);
        check(&format!("{long}old {long}"), &format!("{long}new {long}"), &want);
        let (one, other) = ("x".repeat(5000), "y".repeat(5000));
        check(&one, &other, &format!("[-{}-]{{+{}+}}…", "x".repeat(WINDOW), "y".repeat(WINDOW)));
    }

    #[test]
    fn texts_are_clipped_around_the_difference() {
        let (before, after) = clip(&"a ".repeat(100), &format!("{}b", "a ".repeat(100)));
        assert_eq!(before, format!("…{}", "a ".repeat(15)));
        assert_eq!(after, format!("…{}b", "a ".repeat(15)));
    }
}
