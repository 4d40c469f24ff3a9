//! Texts that are the same to a reader: white space and Unicode forms left aside.
//!
//! Only for telling such changes apart from others; nothing is ever stored in this form.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;

/// `text` in Unicode form NFKC, its runs of white space as one space and none at the ends,
/// invisible joiners and soft hyphens left out.
pub(super) fn loose(text: &str) -> Cow<'_, str> {
    let normal =
        if text.is_ascii() { Cow::Borrowed(text) } else { ComposingNormalizerBorrowed::new_nfkc().normalize(text) };
    let invisible = |character: char| matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}');
    let mut loose = String::with_capacity(normal.len());
    for word in normal.split_whitespace() {
        let start = loose.len();
        loose.extend(word.chars().filter(|character| !invisible(*character)));
        if loose.len() > start {
            loose.push(' ');
        }
    }
    loose.pop();
    Cow::Owned(loose)
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
    }
}
