//! Patterns of JSON Schema: regular expressions of ECMA-262 with its `u` flag, translated to
//! those of the `regex` crate, which run in linear time.
//!
//! The two languages share most of their syntax but not its meaning: `\w`, `\d` and `\b` are ASCII
//! in ECMA-262, `\s` and `.` match other characters, and `[a&&b]` is a plain class. The output
//! therefore uses none of these: a class is written as its code points. Constructs that cannot run
//! in linear time are refused by name. Every rule of a schema with a pattern gets it from here.

mod escape;

use std::collections::HashMap;

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};
use serde_json::{Map, Value};

use escape::Escape;

/// What a compiled pattern may take, in bytes.
pub(super) const MAX_COMPILED: usize = 4 << 20;
/// How long a translated pattern may be, in bytes: `\p{L}` alone has six hundred ranges.
const MAX_TRANSLATED: usize = 1 << 20;
/// What may not be repeated.
const NOTHING_TO_REPEAT: &str = "there is nothing before a quantifier that it could repeat; escape it with `\\`";

type Result<T> = std::result::Result<T, String>;

/// The pattern for the `regex` crate.
///
/// # Errors
/// What is wrong with the pattern, and the way out, for people.
pub(super) fn translate(pattern: &str) -> Result<String> {
    Translator::new(pattern).pattern()
}

/// How the patterns of a schema are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// As ECMA-262 has them.
    Ecma,
    /// As those of a published release. Before patterns were held to ECMA-262, some were accepted that
    /// only the `regex` crate knows, such as `(?i)abc`. They keep the meaning that they had.
    Published,
}

/// The compiled pattern.
///
/// # Errors
/// Those of [`translate`], and that it is too large.
pub(super) fn compile(pattern: &str, dialect: Dialect) -> Result<regex::Regex> {
    let build =
        |pattern: &str| regex::RegexBuilder::new(pattern).size_limit(MAX_COMPILED).dfa_size_limit(MAX_COMPILED).build();
    match translate(pattern) {
        Ok(translated) => build(&translated).map_err(|_library| {
            "it is too large or nested too deep; use shorter quantifiers or fewer groups".to_owned()
        }),
        Err(why) if dialect == Dialect::Published => build(pattern).map_err(|_library| why),
        Err(why) => Err(why),
    }
}

/// Translates the patterns of one subschema. Two patterns of `patternProperties` stay two, so `renamed`
/// remembers what each translation of a whole schema was made of.
pub(super) fn rewrite(schema: &mut Map<String, Value>, renamed: &mut HashMap<String, String>) {
    if let Some(Value::String(pattern)) = schema.get_mut("pattern")
        && let Ok(translated) = translate(pattern)
    {
        *pattern = translated;
    }
    if let Some(Value::Object(schemas)) = schema.get_mut("patternProperties") {
        let renamed = std::mem::take(schemas).into_iter().map(|(pattern, schema)| (rename(pattern, renamed), schema));
        *schemas = renamed.collect();
    }
}

fn rename(pattern: String, renamed: &mut HashMap<String, String>) -> String {
    let Ok(mut translated) = translate(&pattern) else { return pattern };
    while renamed.get(&translated).is_some_and(|other| *other != pattern) {
        translated = format!("(?:{translated})");
    }
    renamed.insert(translated.clone(), pattern);
    translated
}

/// The characters that match a pattern which is one class and nothing else, such as `[a-z]`.
pub(super) fn single_class(pattern: &str) -> Option<ClassUnicode> {
    let mut translator = Translator::new(pattern.strip_prefix('[')?);
    let class = translator.class().ok()?;
    translator.rest.is_empty().then_some(class)
}

struct Translator<'p> {
    rest: &'p str,
    out: String,
    /// Whether a quantifier may follow.
    repeatable: bool,
    flags: Flags,
    /// The flags outside of each open group.
    open: Vec<Flags>,
}

/// What `(?i:..)` and `(?s:..)` change.
#[derive(Clone, Copy, Default)]
struct Flags {
    folds: bool,
    dot_all: bool,
}

impl<'p> Translator<'p> {
    fn new(pattern: &'p str) -> Self {
        Self { rest: pattern, out: String::new(), repeatable: false, flags: Flags::default(), open: Vec::new() }
    }

    fn pattern(mut self) -> Result<String> {
        while let Some(character) = self.next() {
            self.term(character)?;
            if self.out.len() > MAX_TRANSLATED {
                return Err("it is too large; use fewer or smaller classes".to_owned());
            }
        }
        if self.open.is_empty() { Ok(self.out) } else { Err("a group is not closed; `)` is missing".to_owned()) }
    }

    fn next(&mut self) -> Option<char> {
        let character = self.rest.chars().next()?;
        self.rest = &self.rest[character.len_utf8()..];
        Some(character)
    }

    /// Takes `text` if it comes next.
    fn take(&mut self, text: &str) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn term(&mut self, character: char) -> Result<()> {
        match character {
            '^' | '$' | '|' => self.push_assertion(character.encode_utf8(&mut [0; 4])),
            '\\' => match self.escape(false)? {
                Escape::Set(set) if self.flags.folds => self.push_set(&folded(set)),
                Escape::Set(set) => self.push_set(&set),
                Escape::Point(point) => self.push_point(point),
                Escape::Boundary(_) if self.flags.folds => {
                    return Err("`\\b` and `\\B` within `(?i:..)` are not supported".to_owned());
                }
                Escape::Boundary(is_at) => self.push_assertion(if is_at { r"(?-u:\b)" } else { r"(?-u:\B)" }),
            },
            '.' if self.flags.dot_all => self.push_set(&all()),
            '.' => self.push_set(&negated(set(&[('\n', '\n'), ('\r', '\r'), ('\u{2028}', '\u{2029}')]))),
            '[' => {
                let class = self.class()?;
                self.push_set(&class);
            }
            '(' => self.group()?,
            ')' => {
                self.flags = self.open.pop().ok_or("`)` closes no group; escape it: `\\)`")?;
                self.out.push(')');
                self.repeatable = true;
            }
            '*' | '+' | '?' | '{' => self.quantifier(character)?,
            ']' | '}' => {
                return Err(format!(
                    "`{character}` closes nothing; escape it: `\\{character}`. A class within `[..]` cannot be nested"
                ));
            }
            literal => self.push_point(u32::from(literal)),
        }
        Ok(())
    }

    fn push_assertion(&mut self, text: &str) {
        self.out.push_str(text);
        self.repeatable = false;
    }

    fn push_point(&mut self, point: u32) {
        self.repeatable = true;
        match char::from_u32(point) {
            // Half of a surrogate pair: no string contains one.
            None => write_set(&mut self.out, &ClassUnicode::empty()),
            Some(character) if self.flags.folds => write_set(&mut self.out, &folded(set(&[(character, character)]))),
            Some(character) => {
                if regex_syntax::is_meta_character(character) && character != '-' {
                    self.out.push('\\');
                }
                self.out.push(character);
            }
        }
    }

    fn push_set(&mut self, set: &ClassUnicode) {
        self.repeatable = true;
        write_set(&mut self.out, set);
    }

    /// A group, behind its `(`. Nothing asks what it captured.
    fn group(&mut self) -> Result<()> {
        self.open.push(self.flags);
        self.repeatable = false;
        if !self.take("?") {
            self.out.push('(');
            return Ok(());
        }
        self.out.push_str("(?:");
        for form in ["=", "!", "<=", "<!"] {
            if self.take(form) {
                return Err(format!(
                    "`(?{form}` looks around, and look-around and back-references cannot run in linear time; \
                     say it in two rules, with `allOf` or `not`"
                ));
            }
        }
        if self.take(":") {
            return Ok(());
        }
        if self.take("<") {
            return self.name();
        }
        self.modifiers()
    }

    fn name(&mut self) -> Result<()> {
        let (name, rest) = self.rest.split_once('>').unwrap_or_default();
        let is_start = |first: char| first.is_alphabetic() || "_$".contains(first);
        if !name.starts_with(is_start) || !name.chars().all(|c| c.is_alphanumeric() || "_$".contains(c)) {
            return Err("a group's name is made of letters, digits, `_` and `$`: `(?<year>..)`".to_owned());
        }
        self.rest = rest;
        Ok(())
    }

    /// `i`, `s`, `-i` and so on up to a colon.
    fn modifiers(&mut self) -> Result<()> {
        let (letters, rest) = self.rest.split_once(':').unwrap_or((self.rest, ""));
        let (on, off) = letters.split_once('-').unwrap_or((letters, ""));
        let known = |letter: char| "is".contains(letter);
        if rest.is_empty() || letters.is_empty() || !on.chars().chain(off.chars()).all(known) {
            let start: String = self.rest.chars().take(2).collect();
            return Err(format!(
                "`(?{start}` starts no group that is supported: those are `(..)`, `(?:..)`, `(?<name>..)`, `(?i:..)` \
                 and `(?s:..)`"
            ));
        }
        for (letters, value) in [(on, true), (off, false)] {
            for letter in letters.chars() {
                *(if letter == 'i' { &mut self.flags.folds } else { &mut self.flags.dot_all }) = value;
            }
        }
        self.rest = rest;
        Ok(())
    }

    fn quantifier(&mut self, first: char) -> Result<()> {
        if !self.repeatable {
            return Err(NOTHING_TO_REPEAT.to_owned());
        }
        if first == '{' {
            let counts = self.counts()?;
            self.out.push_str(&counts);
        } else {
            self.out.push(first);
        }
        if self.take("?") {
            self.out.push('?');
        }
        self.repeatable = false;
        Ok(())
    }

    /// `n}`, `n,}` or `n,m}`.
    fn counts(&mut self) -> Result<String> {
        let malformed = "`{` starts a quantifier: `{2}`, `{2,}` or `{2,5}`; escape it if it is meant itself: `\\{`";
        let (inside, rest) = self.rest.split_once('}').ok_or(malformed)?;
        let (least, most) = inside.split_once(',').map_or((inside, None), |(least, most)| (least, Some(most)));
        let number = |digits: &str| {
            let are_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            let number = if are_digits { digits.parse::<u32>().ok() } else { return Err(malformed.to_owned()) };
            number.ok_or_else(|| format!("`{{{inside}}}` repeats too often"))
        };
        self.rest = rest;
        let least = number(least)?;
        Ok(match most {
            None => format!("{{{least}}}"),
            Some("") => format!("{{{least},}}"),
            Some(most) => {
                let most = number(most)?;
                if most < least {
                    return Err(format!("`{{{inside}}}` has its numbers the wrong way round"));
                }
                format!("{{{least},{most}}}")
            }
        })
    }

    /// A class, behind its `[`.
    fn class(&mut self) -> Result<ClassUnicode> {
        let is_negated = self.take("^");
        let mut class = ClassUnicode::empty();
        while !self.take("]") {
            let first = self.class_atom()?;
            if self.rest.starts_with('-') && !self.rest.starts_with("-]") {
                self.next();
                let last = self.class_atom()?;
                let (Escape::Point(first), Escape::Point(last)) = (first, last) else {
                    return Err("a range within `[..]` goes from one character to another; put a `-` that is meant \
                                itself at the end: `[\\w-]`"
                        .to_owned());
                };
                if first > last {
                    return Err("a range within `[..]` ends before it starts".to_owned());
                }
                class.union(&points(first, last));
            } else {
                match first {
                    Escape::Set(set) => class.union(&set),
                    Escape::Point(point) => class.union(&points(point, point)),
                    Escape::Boundary(_) => unreachable_in_class()?,
                }
            }
        }
        let class = if self.flags.folds { folded(class) } else { class };
        Ok(if is_negated { negated(class) } else { class })
    }

    fn class_atom(&mut self) -> Result<Escape> {
        match self.next() {
            None => Err("a class is not closed; `]` is missing".to_owned()),
            Some('\\') => self.escape(true),
            Some(character) => Ok(Escape::Point(u32::from(character))),
        }
    }
}

/// `\B` has no meaning within a class, and `\b` is a character there.
fn unreachable_in_class() -> Result<()> {
    Err("`\\B` has no meaning within `[..]`".to_owned())
}

fn set(ranges: &[(char, char)]) -> ClassUnicode {
    ClassUnicode::new(ranges.iter().map(|(first, last)| ClassUnicodeRange::new(*first, *last)))
}

fn all() -> ClassUnicode {
    set(&[('\0', char::MAX)])
}

fn negated(mut set: ClassUnicode) -> ClassUnicode {
    set.negate();
    set
}

/// The characters whose simple case folding is that of a character of the set.
fn folded(mut set: ClassUnicode) -> ClassUnicode {
    // The tables are there: they are a feature of the crate that is always on.
    let _tables = set.try_case_fold_simple();
    set
}

/// The characters from one code point to another; surrogates are none.
fn points(first: u32, last: u32) -> ClassUnicode {
    let first = if (0xd800..0xe000).contains(&first) { 0xe000 } else { first };
    let last = if (0xd800..0xe000).contains(&last) { 0xd7ff } else { last };
    match (char::from_u32(first), char::from_u32(last)) {
        (Some(first), Some(last)) if first <= last => set(&[(first, last)]),
        _ => ClassUnicode::empty(),
    }
}

/// As a class of its ranges, which both languages read the same way.
fn write_set(out: &mut String, set: &ClassUnicode) {
    if set.ranges().is_empty() {
        out.push_str(r"[^\x{0}-\x{10FFFF}]");
        return;
    }
    let write = |out: &mut String, character: char| {
        if character.is_ascii_alphanumeric() {
            out.push(character);
        } else {
            out.push_str(&format!(r"\x{{{:X}}}", u32::from(character)));
        }
    };
    out.push('[');
    for range in set.ranges() {
        write(out, range.start());
        if range.end() > range.start() {
            out.push('-');
            write(out, range.end());
        }
    }
    out.push(']');
}
