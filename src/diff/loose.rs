//! Texts that are the same to a reader: white space and Unicode forms left aside.
//!
//! Only for telling such changes apart from others; nothing is ever stored in this form.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;

/// `text` in Unicode form NFKC, its runs of white space as one space and none at the ends,
/// invisible joiners and soft hyphens left out.
pub(super) fn loose(text: &str) -> Cow<'_, str> {
    let mut loose = String::with_capacity(text.len());
    if text.is_ascii() {
        // Nothing invisible, one form, and white space is told by single bytes.
        let space = |character: char| matches!(character, '\t'..='\r' | ' ');
        text.split(space).for_each(|word| push(&mut loose, word));
    } else {
        let normal = ComposingNormalizerBorrowed::new_nfkc().normalize(text);
        for word in normal.split_whitespace() {
            if word.contains(is_invisible) {
                push(&mut loose, &word.replace(is_invisible, ""));
            } else {
                push(&mut loose, word);
            }
        }
    }
    loose.pop();
    Cow::Owned(loose)
}

/// Appends a word, if it is one, and a space.
fn push(loose: &mut String, word: &str) {
    if !word.is_empty() {
        loose.push_str(word);
        loose.push(' ');
    }
}

fn is_invisible(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &str) {
        assert_eq!(loose(text), want);
    }

    #[test]
    fn white_space_and_forms() {
        check("", "");
        check(" a\n\n b\t", "a b");
        check("a\u{a0}b\u{200b}", "a b");
        check("e\u{301}", "\u{e9}");
        check("\u{fb01}x", "fix");
        check("Case", "Case");
        check("a \u{feff} b", "a b");
        check(" \u{feff}", "");
        check("\u{b}a\u{c}\u{1f}b\u{85}", "a \u{1f}b");
        check("\r\na\u{b}b\u{c}", "a b");
    }
}
