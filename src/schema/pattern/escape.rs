//! What a backslash and the characters after it mean in a pattern of ECMA-262.
//!
//! Without the `u` flag, any character may follow a backslash and means itself. Only punctuation is
//! accepted here (`\-`, `\@`), which means the same in every dialect; a letter without a meaning is
//! refused, because it has one in other languages (`\A`, `\z`).

use regex_syntax::hir::{Class, ClassUnicode, HirKind};

use super::{Result, Translator, folded, negated, set};

/// The meaning of an escape.
pub(super) enum Escape {
    Set(ClassUnicode),
    /// A code point, which may be half of a surrogate pair.
    Point(u32),
    /// A word boundary (`true`), or the absence of one.
    Boundary(bool),
}

/// `\s`: `WhiteSpace` and `LineTerminator` of ECMA-262, sections 12.2 and 12.3.
const SPACE: &[(char, char)] = &[
    ('\t', '\r'),
    (' ', ' '),
    ('\u{a0}', '\u{a0}'),
    ('\u{1680}', '\u{1680}'),
    ('\u{2000}', '\u{200a}'),
    ('\u{2028}', '\u{2029}'),
    ('\u{202f}', '\u{202f}'),
    ('\u{205f}', '\u{205f}'),
    ('\u{3000}', '\u{3000}'),
    ('\u{feff}', '\u{feff}'),
];
const DIGIT: &[(char, char)] = &[('0', '9')];
const WORD: &[(char, char)] = &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];

/// The binary properties of ECMA-262, table 69, by both names, without those that the `regex`
/// crate has no tables of.
const PROPERTIES: &str = "ASCII AHex ASCII_Hex_Digit Alpha Alphabetic Any Assigned Bidi_C Bidi_Control Bidi_M \
    Bidi_Mirrored CI Case_Ignorable Cased CWCF Changes_When_Casefolded CWCM Changes_When_Casemapped CWL \
    Changes_When_Lowercased CWT Changes_When_Titlecased CWU Changes_When_Uppercased Dash DI \
    Default_Ignorable_Code_Point Dep Deprecated Dia Diacritic Emoji EComp Emoji_Component EMod Emoji_Modifier EBase \
    Emoji_Modifier_Base EPres Emoji_Presentation ExtPict Extended_Pictographic Ext Extender Gr_Base Grapheme_Base \
    Gr_Ext Grapheme_Extend Hex Hex_Digit IDSB IDS_Binary_Operator IDST IDS_Trinary_Operator IDC ID_Continue IDS \
    ID_Start Ideo Ideographic Join_C Join_Control LOE Logical_Order_Exception Lower Lowercase Math NChar \
    Noncharacter_Code_Point Pat_Syn Pattern_Syntax Pat_WS Pattern_White_Space QMark Quotation_Mark Radical RI \
    Regional_Indicator STerm Sentence_Terminal SD Soft_Dotted Term Terminal_Punctuation UIdeo Unified_Ideograph Upper \
    Uppercase VS Variation_Selector space White_Space XIDC XID_Continue XIDS XID_Start";
/// The values of `General_Category`, by both names.
const CATEGORIES: &str = "LC Cased_Letter Pe Close_Punctuation Pc Connector_Punctuation Cc Control cntrl Sc \
    Currency_Symbol Pd Dash_Punctuation Nd Decimal_Number digit Me Enclosing_Mark Pf Final_Punctuation Cf Format Pi \
    Initial_Punctuation L Letter Nl Letter_Number Zl Line_Separator Ll Lowercase_Letter M Mark Combining_Mark Sm \
    Math_Symbol Lm Modifier_Letter Sk Modifier_Symbol Mn Nonspacing_Mark N Number Ps Open_Punctuation C Other Lo \
    Other_Letter No Other_Number Po Other_Punctuation So Other_Symbol Zp Paragraph_Separator Co Private_Use P \
    Punctuation punct Z Separator Zs Space_Separator Mc Spacing_Mark S Symbol Lt Titlecase_Letter Cn Unassigned Lu \
    Uppercase_Letter";

impl Translator<'_> {
    /// The escape after a backslash.
    pub(super) fn escape(&mut self, in_class: bool) -> Result<Escape> {
        let letter = self.next().ok_or("it ends with a backslash; write `\\\\` for one")?;
        Ok(match letter {
            'd' => Escape::Set(set(DIGIT)),
            'D' => Escape::Set(self.outside(set(DIGIT))),
            'w' => Escape::Set(self.word()),
            'W' => Escape::Set(self.outside(self.word())),
            's' => Escape::Set(set(SPACE)),
            'S' => Escape::Set(self.outside(set(SPACE))),
            'p' | 'P' => Escape::Set(self.property(letter == 'P')?),
            'b' if in_class => Escape::Point(8),
            'b' => Escape::Boundary(true),
            'B' => Escape::Boundary(false),
            'f' => Escape::Point(0xc),
            'n' => Escape::Point(0xa),
            'r' => Escape::Point(0xd),
            't' => Escape::Point(0x9),
            'v' => Escape::Point(0xb),
            '0' if !self.rest.starts_with(|next: char| next.is_ascii_digit()) => Escape::Point(0),
            '1'..='9' | 'k' if !in_class => {
                return Err(format!(
                    "`\\{letter}` refers back to a group, and look-around and back-references cannot run in linear time"
                ));
            }
            'c' => Escape::Point(self.control()?),
            'x' => Escape::Point(self.hex(2).ok_or("`\\x` is followed by two hexadecimal digits: `\\x41`")?),
            'u' => Escape::Point(self.unicode()?),
            letter if letter.is_alphanumeric() => {
                return Err(format!("`\\{letter}` is no escape of ECMA-262, the language of patterns in JSON Schema"));
            }
            itself => Escape::Point(u32::from(itself)),
        })
    }

    /// Where case is folded, two characters beyond ASCII fold to letters of it.
    fn word(&self) -> ClassUnicode {
        if self.flags.folds { folded(set(WORD)) } else { set(WORD) }
    }

    fn outside(&self, set: ClassUnicode) -> ClassUnicode {
        let outside = negated(set);
        if self.flags.folds { folded(outside) } else { outside }
    }

    fn control(&mut self) -> Result<u32> {
        let letter = self.next().filter(char::is_ascii_alphabetic);
        letter.map(|letter| u32::from(letter) % 32).ok_or_else(|| "`\\c` is followed by a letter: `\\cJ`".to_owned())
    }

    fn hex(&mut self, digits: usize) -> Option<u32> {
        let (number, rest) = self.rest.split_at_checked(digits)?;
        let number = number.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(number)?;
        self.rest = rest;
        u32::from_str_radix(number, 16).ok()
    }

    /// `\u0041`, `\u{1F600}`, or the two halves of a surrogate pair.
    fn unicode(&mut self) -> Result<u32> {
        let malformed = "`\\u` is followed by four hexadecimal digits or by a code point in braces: `\\u{1F600}`";
        if self.take("{") {
            let (digits, rest) = self.rest.split_once('}').ok_or(malformed)?;
            let are_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            let point = are_digits.then(|| u32::from_str_radix(digits.trim_start_matches('0'), 16).unwrap_or_default());
            self.rest = rest;
            let is_zero = digits.bytes().all(|byte| byte == b'0');
            return point
                .filter(|point| is_zero || (1..=0x10_ffff).contains(point))
                .ok_or_else(|| malformed.to_owned());
        }
        let first = self.hex(4).ok_or(malformed)?;
        let before = self.rest;
        if (0xd800..0xdc00).contains(&first) && self.take("\\u") {
            match self.hex(4).filter(|second| (0xdc00..0xe000).contains(second)) {
                Some(second) => return Ok(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)),
                None => self.rest = before,
            }
        }
        Ok(first)
    }

    /// `{Lu}`, `{Script=Greek}` and so on.
    fn property(&mut self, is_negated: bool) -> Result<ClassUnicode> {
        let name = self.rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        let (name, rest) = name.ok_or("`\\p` is followed by a property in braces: `\\p{L}`")?;
        self.rest = rest;
        let found = canonical_property(name).and_then(|property| property_set(&property));
        let set = found.ok_or_else(|| {
            let name: String = name.chars().take(40).collect();
            format!(
                "`\\p{{{name}}}` is no property that is known; those of ECMA-262 are such as `\\p{{Lu}}`, \
                 `\\p{{Alphabetic}}` and `\\p{{Script=Greek}}`"
            )
        })?;
        Ok(if is_negated { self.outside(set) } else { set })
    }
}

/// The property as the `regex` crate names it. Unlike that crate, ECMA-262 is particular about case and
/// asks for `Script=` before a script.
fn canonical_property(name: &str) -> Option<String> {
    let lists = |names: &str, name: &str| names.split_whitespace().any(|known| known == name);
    match name.split_once('=') {
        Some(("gc" | "General_Category", value)) if lists(CATEGORIES, value) => Some(format!("gc={value}")),
        Some(("sc" | "Script", value)) => is_script(value).then(|| format!("sc={value}")),
        Some(("scx" | "Script_Extensions", value)) => is_script(value).then(|| format!("scx={value}")),
        None if lists(CATEGORIES, name) => Some(format!("gc={name}")),
        None if lists(PROPERTIES, name) => Some(name.to_owned()),
        _ => None,
    }
}

fn is_script(value: &str) -> bool {
    value.starts_with(|first: char| first.is_ascii_uppercase())
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn property_set(property: &str) -> Option<ClassUnicode> {
    match regex_syntax::parse(&format!("\\p{{{property}}}")).ok()?.into_kind() {
        HirKind::Class(Class::Unicode(class)) => Some(class),
        // A class of one character is a literal to the crate.
        HirKind::Literal(literal) => {
            let character = str::from_utf8(&literal.0).ok()?.chars().next()?;
            Some(set(&[(character, character)]))
        }
        _ => None,
    }
}
