//! Language tags: BCP 47 as RFC 5646 writes it, without what a list of codes would be needed for.

/// The parts behind the language itself, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Language,
    Script,
    Region,
    Variant,
    Extension,
    Private,
}

/// A language tag in the letter case that RFC 5646 section 2.1.1 recommends, with `-` between its
/// parts. `None` for what is no tag: a language, then perhaps a script, a region, variants, extensions
/// and private parts, in this order. A language that extends another (`zh-cmn`) has a code of its own.
pub(crate) fn tag(text: &str) -> Option<String> {
    let mut parts = text.trim().split(['-', '_']);
    let is_language = |part: &&str| matches!(part.len(), 2 | 3) && part.bytes().all(|byte| byte.is_ascii_alphabetic());
    let mut out = parts.next().filter(is_language)?.to_ascii_lowercase();
    let mut reached = Part::Language;
    // A part of one letter opens a group of others.
    let mut opened = false;
    for part in parts {
        let (kind, opens) = kind(part, reached)?;
        if opened && opens {
            return None;
        }
        let lower = part.to_ascii_lowercase();
        out.push('-');
        match kind {
            Part::Region => out.push_str(&part.to_ascii_uppercase()),
            Part::Script => {
                out.push_str(&lower[..1].to_ascii_uppercase());
                out.push_str(&lower[1..]);
            }
            _ => out.push_str(&lower),
        }
        (reached, opened) = (kind, opens);
    }
    (!opened).then_some(out)
}

/// Which part this is, behind one of this kind, and whether it opens a group.
fn kind(part: &str, reached: Part) -> Option<(Part, bool)> {
    let all = |is: fn(&u8) -> bool| part.bytes().all(|byte| is(&byte));
    if !(1..=8).contains(&part.len()) || !all(u8::is_ascii_alphanumeric) {
        return None;
    }
    let before_region = matches!(reached, Part::Language | Part::Script);
    match part.len() {
        _ if reached == Part::Private => Some((Part::Private, false)),
        1 if part.eq_ignore_ascii_case("x") => Some((Part::Private, true)),
        1 => Some((Part::Extension, true)),
        _ if reached == Part::Extension => Some((Part::Extension, false)),
        4 if reached == Part::Language && all(u8::is_ascii_alphabetic) => Some((Part::Script, false)),
        2 if before_region && all(u8::is_ascii_alphabetic) => Some((Part::Region, false)),
        3 if before_region && all(u8::is_ascii_digit) => Some((Part::Region, false)),
        5.. => Some((Part::Variant, false)),
        4 if part.as_bytes()[0].is_ascii_digit() => Some((Part::Variant, false)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages() {
        let check = |text: &str, want: Option<&str>| assert_eq!(tag(text).as_deref(), want, "{text}");
        check("en", Some("en"));
        check("EN", Some("en"));
        check(" en_us ", Some("en-US"));
        check("zh-hant-tw", Some("zh-Hant-TW"));
        check("es-419", Some("es-419"));
        check("de-CH-1901", Some("de-CH-1901"));
        check("sl-rozaj-BISKE", Some("sl-rozaj-biske"));
        check("en-x-AA", Some("en-x-aa"));
        check("en-u-ca-gregory-t-it", Some("en-u-ca-gregory-t-it"));
        check("en-x-a-b", Some("en-x-a-b"));
        for text in ["", "e", "English", "en-", "en us", "日本", "en-US-GB", "en-US-Latn", "en-u", "en-x", "en-u-t-it"]
        {
            check(text, None);
        }
        // An extended language is written as the language itself: `cmn`.
        for text in ["zh-cmn", "en-a"] {
            check(text, None);
        }
    }
}
