//! The values directly within an object or a list, by their bytes.
//!
//! Only structure is looked at, so a value that is not JSON stands in no other's way; whether one is
//! JSON is found out when it is parsed.

use super::stream::{Ending, Scan};

/// Walks through the values of one object or list that is held, as far as it is there.
pub(super) struct Children<'b> {
    rest: &'b [u8],
    is_object: bool,
    /// Whether the walk has not lost its way.
    sound: bool,
}

/// One of these values.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Child<'b> {
    /// Its name with quotes and escapes, in an object.
    pub(super) name: &'b [u8],
    /// Its bytes; not all of them if the content ends before it does.
    pub(super) bytes: &'b [u8],
    /// Whether it is all there.
    pub(super) whole: bool,
}

impl Child<'_> {
    /// Its name, in an object.
    pub(super) fn name(&self) -> String {
        let name = crate::json::parse(self.name).ok();
        name.and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
    }

    pub(super) fn is_object(&self) -> bool {
        self.bytes.first() == Some(&b'{')
    }

    pub(super) fn is_list(&self) -> bool {
        self.bytes.first() == Some(&b'[')
    }
}

impl<'b> Children<'b> {
    /// The values of the object or list at the start of `bytes`.
    pub(super) fn of(bytes: &'b [u8]) -> Self {
        Self { rest: bytes.get(1..).unwrap_or_default(), is_object: bytes.first() == Some(&b'{'), sound: true }
    }

    /// Whether the walk has not lost its way so far.
    pub(super) fn is_sound(&self) -> bool {
        self.sound
    }

    fn token(&mut self) -> Option<u8> {
        let start = self.rest.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(self.rest.len());
        self.rest = &self.rest[start..];
        self.rest.first().copied()
    }

    /// The value that is next.
    fn value(&mut self) -> Option<(&'b [u8], bool)> {
        self.token();
        let (length, ending) = Scan::default().run(self.rest);
        let (bytes, rest) = self.rest.split_at(length);
        self.rest = rest;
        match ending {
            Some(Ending::Whole) if length > 0 => Some((bytes, true)),
            None if length > 0 => Some((bytes, false)),
            _ => self.lost(),
        }
    }

    fn lost<T>(&mut self) -> Option<T> {
        self.sound = false;
        self.rest = &[];
        None
    }

    fn name(&mut self) -> Option<&'b [u8]> {
        if !self.is_object {
            return Some(&[]);
        }
        if self.token() != Some(b'"') {
            return self.lost();
        }
        let (name, whole) = self.value()?;
        match self.token() {
            Some(b':') if whole => {
                self.rest = &self.rest[1..];
                Some(name)
            }
            // The content ends before the value begins.
            None => None,
            Some(_) => self.lost(),
        }
    }
}

impl<'b> Iterator for Children<'b> {
    type Item = Child<'b>;

    fn next(&mut self) -> Option<Child<'b>> {
        while self.token() == Some(b',') {
            self.rest = &self.rest[1..];
        }
        match self.token() {
            None => return None,
            Some(b'}' | b']') => {
                self.rest = &[];
                return None;
            }
            Some(_) => {}
        }
        let name = self.name()?;
        self.token()?;
        let (bytes, whole) = self.value()?;
        if !matches!(self.token(), None | Some(b',' | b'}' | b']' | b'{')) {
            self.lost::<()>();
        }
        Some(Child { name, bytes, whole })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &[&str], sound: bool) {
        let mut children = Children::of(text.as_bytes());
        let mut found = Vec::new();
        for child in children.by_ref() {
            let end = if child.whole { "" } else { "..." };
            found.push(format!("{}={}{end}", child.name(), str::from_utf8(child.bytes).unwrap()));
        }
        let found: Vec<&str> = found.iter().map(String::as_str).collect();
        assert_eq!((found.as_slice(), children.is_sound()), (want, sound), "{text}");
    }

    #[test]
    fn values_of_objects_and_lists() {
        check("{}", &[], true);
        check(r#"{"a":1, "b" : [2,{}] ,"\u0063":{}}"#, &["a=1", "b=[2,{}]", "c={}"], true);
        check("[1, {},[]]", &["=1", "={}", "=[]"], true);
    }

    #[test]
    fn values_that_are_not_all_there() {
        check(r#"{"a":[1"#, &["a=[1..."], true);
        check(r#"{"a":1,"b"#, &["a=1"], true);
        check(r#"{"a":1,"b":"#, &["a=1"], true);
        check("[{},{", &["={}", "={..."], true);
    }

    #[test]
    fn what_makes_no_sense() {
        check(r#"{"a" 1}"#, &[], false);
        check(r#"{"a":}"#, &[], false);
        check("[,{},,{} {}]", &["={}", "={}", "={}"], true);
        check("[{} x]", &["={}"], false);
    }
}
