//! HTML to plain text, for sources whose only text is HTML.
//!
//! Blocks become paragraphs, line breaks become lines, tags and comments go, and so do scripts,
//! styles and the like with what is in them. It is no browser: it does not apply style sheets,
//! mend wrong nesting or know more named characters than those below. Time and memory are
//! linear in the input.

/// Elements whose start and end part paragraphs.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "html",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "tr",
    "ul",
];
/// Elements of which nothing is shown.
const HIDDEN: &[&str] = &["head", "iframe", "noscript", "object", "script", "style", "svg", "template"];
/// The named characters that news pages use; all others are left as they stand.
const NAMED: &[(&str, &str)] = &[
    ("amp", "&"),
    ("lt", "<"),
    ("gt", ">"),
    ("quot", "\""),
    ("apos", "'"),
    ("nbsp", "\u{a0}"),
    ("shy", "\u{ad}"),
    ("ndash", "–"),
    ("mdash", "—"),
    ("lsquo", "‘"),
    ("rsquo", "’"),
    ("sbquo", "‚"),
    ("ldquo", "“"),
    ("rdquo", "”"),
    ("bdquo", "„"),
    ("laquo", "«"),
    ("raquo", "»"),
    ("lsaquo", "‹"),
    ("rsaquo", "›"),
    ("hellip", "…"),
    ("bull", "•"),
    ("middot", "·"),
    ("copy", "©"),
    ("reg", "®"),
    ("trade", "™"),
    ("euro", "€"),
    ("pound", "£"),
    ("yen", "¥"),
    ("cent", "¢"),
    ("sect", "§"),
    ("para", "¶"),
    ("deg", "°"),
    ("times", "×"),
    ("frac12", "½"),
    ("thinsp", "\u{2009}"),
    ("ensp", "\u{2002}"),
    ("emsp", "\u{2003}"),
    ("zwnj", "\u{200c}"),
    ("zwj", "\u{200d}"),
    ("auml", "ä"),
    ("ouml", "ö"),
    ("uuml", "ü"),
    ("Auml", "Ä"),
    ("Ouml", "Ö"),
    ("Uuml", "Ü"),
    ("szlig", "ß"),
    ("agrave", "à"),
    ("aacute", "á"),
    ("acirc", "â"),
    ("atilde", "ã"),
    ("ccedil", "ç"),
    ("egrave", "è"),
    ("eacute", "é"),
    ("ecirc", "ê"),
    ("iacute", "í"),
    ("icirc", "î"),
    ("ntilde", "ñ"),
    ("oacute", "ó"),
    ("ocirc", "ô"),
    ("otilde", "õ"),
    ("ugrave", "ù"),
    ("uacute", "ú"),
    ("ucirc", "û"),
];

/// The text that a reader of the HTML would see.
pub(super) fn to_text(html: &str) -> String {
    let mut out = Paragraphs::default();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        out.text(&rest[..start]);
        let tail = &rest[start..];
        rest = if let Some((tag, after)) = Tag::read(tail) {
            tag.apply(after, &mut out)
        } else {
            out.text("<");
            &tail[1..]
        };
    }
    out.text(rest);
    out.finish()
}

/// A tag, comment or declaration.
enum Tag<'h> {
    Start(&'h str),
    End(&'h str),
    /// Shows nothing.
    Silent,
}

impl<'h> Tag<'h> {
    /// Reads what starts with `<`; gives what stands behind it. `None` if it is only a character.
    fn read(html: &'h str) -> Option<(Self, &'h str)> {
        if let Some(comment) = html.strip_prefix("<!--") {
            return Some((Self::Silent, comment.split_once("-->").map_or("", |(_, after)| after)));
        }
        let inner = &html[1..];
        let (end, name) = match inner.strip_prefix('/') {
            Some(name) => (true, name),
            None => (false, inner),
        };
        if inner.starts_with(['!', '?']) {
            return Some((Self::Silent, close(inner)));
        }
        if !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
            return None;
        }
        let length =
            name.bytes().take_while(|byte| !matches!(byte, b'>' | b'/') && !byte.is_ascii_whitespace()).count();
        let (name, attributes) = name.split_at(length);
        Some((if end { Self::End(name) } else { Self::Start(name) }, close(attributes)))
    }

    /// Does what the tag says; gives where to go on.
    fn apply(self, after: &'h str, out: &mut Paragraphs) -> &'h str {
        let is_in = |list: &[&str], name: &str| list.iter().any(|other| name.eq_ignore_ascii_case(other));
        match self {
            Self::Start(name) if is_in(HIDDEN, name) => after_end(after, name),
            Self::Start("br" | "BR") => {
                out.line();
                after
            }
            Self::Start(name) | Self::End(name) if is_in(BLOCKS, name) => {
                out.paragraph();
                after
            }
            Self::Start(name) | Self::End(name) => {
                if is_in(&["td", "th"], name) {
                    out.text(" ");
                }
                after
            }
            Self::Silent => after,
        }
    }
}

/// What stands behind the `>` of a tag; quotes hide one.
fn close(tag: &str) -> &str {
    let mut quote = None;
    for (at, byte) in tag.bytes().enumerate() {
        match (byte, quote) {
            (b'>', None) => return &tag[at + 1..],
            (b'"' | b'\'', None) => quote = Some(byte),
            (byte, Some(open)) if byte == open => quote = None,
            _ => {}
        }
    }
    ""
}

/// What stands behind the end tag of an element that is not shown.
fn after_end<'h>(html: &'h str, name: &str) -> &'h str {
    let mut rest = html;
    while let Some(at) = rest.find("</") {
        rest = &rest[at + 2..];
        if rest.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name)) {
            return close(&rest[name.len()..]);
        }
    }
    ""
}

/// Text in the making, white space collapsed as HTML shows it.
#[derive(Default)]
struct Paragraphs {
    out: String,
    /// How many line ends are due before the next character.
    breaks: usize,
    space: bool,
}

impl Paragraphs {
    fn text(&mut self, text: &str) {
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            let (decoded, length) = match character {
                '&' => entity(rest).unwrap_or(("&".into(), 1)),
                _ => (rest[..character.len_utf8()].into(), character.len_utf8()),
            };
            rest = &rest[length..];
            if decoded.bytes().all(|byte| byte.is_ascii_whitespace()) {
                self.space = true;
            } else {
                self.show(&decoded);
            }
        }
    }

    fn show(&mut self, text: &str) {
        if self.out.is_empty() {
            // Nothing stands above the first character.
        } else if self.breaks > 0 {
            self.out.push_str(&"\n\n"[..self.breaks]);
        } else if self.space {
            self.out.push(' ');
        }
        (self.breaks, self.space) = (0, false);
        self.out.push_str(text);
    }

    fn line(&mut self) {
        self.breaks = (self.breaks + 1).min(2);
    }

    fn paragraph(&mut self) {
        self.breaks = 2;
    }

    fn finish(self) -> String {
        self.out
    }
}

/// The character that `&...;` at the start stands for, and the length of that notation.
fn entity(text: &str) -> Option<(std::borrow::Cow<'_, str>, usize)> {
    let end = text.bytes().take(32).position(|byte| byte == b';')?;
    let name = text.get(1..end)?;
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
            None => number.parse(),
        };
        let character = code.ok().and_then(char::from_u32).filter(|character| !is_forbidden(*character))?;
        return Some((character.to_string().into(), end + 1));
    }
    let (_, shown) = NAMED.iter().find(|(known, _)| *known == name)?;
    Some(((*shown).into(), end + 1))
}

/// Control characters other than white space stand for nothing that can be shown.
fn is_forbidden(character: char) -> bool {
    character.is_control() && !character.is_ascii_whitespace()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(html: &str, want: &str) {
        assert_eq!(to_text(html), want, "{html}");
    }

    #[test]
    fn blocks_are_paragraphs() {
        check("<div><p>One.</p>\n<p>Two\n  words.</p></div>", "One.\n\nTwo words.");
        check("One<br>two<BR/><br />three", "One\ntwo\n\nthree");
        check("<ul><li>a</li><li>b</li></ul>c", "a\n\nb\n\nc");
        check("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\n\nc");
        check("A <b>bold</b>, <a href=\"x>y\">linked</a> word", "A bold, linked word");
        check("", "");
    }

    #[test]
    fn what_is_not_shown_is_left_out() {
        check("a<!-- <p>b</p> -->c", "ac");
        check("<p>a</p><script>if (a < b) { \"</p>\" }</script><STYLE>p{}</style><p>b</p>", "a\n\nb");
        check("<!DOCTYPE html><head><title>t</title></head><p>b", "b");
        check("a<script>never closed", "a");
        check("a<!-- never closed", "a");
        check("a<img alt='never closed", "a");
    }

    #[test]
    fn characters() {
        check("a &amp; b &lt;c&gt; &#8217;&#x201C;&eacute;&unknown; &", "a & b <c> ’“é&unknown; &");
        check("a&nbsp;b &#0; &#x1b; &#xd800; &#99999999;", "a\u{a0}b &#0; &#x1b; &#xd800; &#99999999;");
        check("1 < 2 <3 </ >", "1 < 2 <3 </ >");
        check("a&#10;b", "a b");
    }

    proptest::proptest! {
        #[test]
        fn no_html_makes_it_panic_or_grow(html in "[<>/!a-z&;#\"' p\n-]{0,60}|\\PC{0,60}") {
            proptest::prop_assert!(to_text(&html).len() <= 2 * html.len());
        }
    }
}
