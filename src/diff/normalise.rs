//! Normalises white space and Unicode forms, so that texts that look the same become equal.
//!
//! It only classifies changes. Nothing is stored in this form.

use icu_normalizer::ComposingNormalizerBorrowed;

/// `text` in Unicode form NFKC, with each run of white space as one space and none at the ends, without
/// invisible joiners and soft hyphens.
pub(super) fn normalised(text: &str) -> String {
    if text.is_ascii() {
        return normalised_ascii(text);
    }
    let mut normal = String::with_capacity(text.len());
    let composed = ComposingNormalizerBorrowed::new_nfkc().normalize(text);
    for word in composed.split_whitespace() {
        let start = normal.len();
        normal.extend(word.split(is_invisible));
        if normal.len() > start {
            normal.push(' ');
        }
    }
    normal.pop();
    normal
}

/// The same for ASCII, which has one form, no invisible characters, and white space of single bytes.
fn normalised_ascii(text: &str) -> String {
    let mut normal = vec![0; text.len()];
    let (mut end, mut after_space) = (0, true);
    for byte in text.bytes() {
        let is_space = matches!(byte, b'\t'..=b'\r' | b' ');
        normal[end] = if is_space { b' ' } else { byte };
        // No branch: words are short.
        end += usize::from(!(is_space && after_space));
        after_space = is_space;
    }
    normal.truncate(end - usize::from(after_space && end > 0));
    String::from_utf8(normal).expect("it was ASCII and still is")
}

fn is_invisible(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &str) {
        assert_eq!(normalised(text), want);
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
