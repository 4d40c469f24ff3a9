//! Texts that are the same to a reader: white space and Unicode forms left aside.
//!
//! Only for telling such changes apart from others; nothing is ever stored in this form.

use icu_normalizer::ComposingNormalizerBorrowed;

/// `text` in Unicode form NFKC, its runs of white space as one space and none at the ends,
/// invisible joiners and soft hyphens left out.
pub(super) fn loose(text: &str) -> String {
    if text.is_ascii() {
        return loose_ascii(text);
    }
    let mut loose = String::with_capacity(text.len());
    let normal = ComposingNormalizerBorrowed::new_nfkc().normalize(text);
    for word in normal.split_whitespace() {
        let start = loose.len();
        loose.extend(word.split(is_invisible));
        if loose.len() > start {
            loose.push(' ');
        }
    }
    loose.pop();
    loose
}

/// The same where nothing is invisible, there is one form, and white space is told by single bytes.
fn loose_ascii(text: &str) -> String {
    let mut loose = vec![0; text.len()];
    let (mut end, mut after_space) = (0, true);
    for byte in text.bytes() {
        let is_space = matches!(byte, b'\t'..=b'\r' | b' ');
        loose[end] = if is_space { b' ' } else { byte };
        // No branch: words are short.
        end += usize::from(!(is_space && after_space));
        after_space = is_space;
    }
    loose.truncate(end - usize::from(after_space && end > 0));
    String::from_utf8(loose).expect("what was ASCII still is")
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
