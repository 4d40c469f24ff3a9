//! [`Pointer`]: a JSON Pointer (RFC 6901) in which the step `*` means every member of an object
//! and every element of a list.
//!
//! It names the places of articles in an input. Walking along one is [`super::elements`]'.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use crate::json::MAX_DEPTH;
use crate::text::one_line;

/// Where articles are in a JSON text.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Pointer(Vec<Step>);

/// One step of a pointer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// The member with this name, or the element with this number.
    Name(String),
    /// Every member or element.
    Each,
}

/// A text is not a pointer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PointerError {
    /// It does not start with a slash.
    #[error("`{0}` is not a pointer; a pointer starts with a slash: \"/{0}\"")]
    NoSlash(String),
    /// It has a `~` that escapes nothing.
    #[error("`{0}` is not a pointer; write `~` as `~0` and `/` in a name as `~1`")]
    Escape(String),
    /// It has more steps than any text has levels.
    #[error("`{0}` is deeper than any article")]
    TooDeep(String),
}

impl Pointer {
    pub(super) fn of(steps: &[Step]) -> Self {
        Self(steps.to_vec())
    }

    pub(super) fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Whether it leads to the whole text.
    pub(super) fn is_whole(&self) -> bool {
        self.0.is_empty()
    }
}

impl Step {
    /// Whether it leads to the member with this name, or to the element with this number.
    pub(super) fn leads_to(&self, name: &str) -> bool {
        match self {
            Self::Name(own) => own == name,
            Self::Each => true,
        }
    }
}

impl FromStr for Pointer {
    type Err = PointerError;

    fn from_str(text: &str) -> Result<Self, PointerError> {
        let shown = || one_line(text, 60);
        if text.is_empty() {
            return Ok(Self::default());
        }
        let steps = text.strip_prefix('/').ok_or_else(|| PointerError::NoSlash(shown()))?;
        let step = |step: &str| {
            let escaped = step.split('~').skip(1).all(|behind| behind.starts_with(['0', '1']));
            match step {
                "*" => Ok(Step::Each),
                // This order matters: `~01` stands for `~1`, not for a slash.
                step if escaped => Ok(Step::Name(step.replace("~1", "/").replace("~0", "~"))),
                _ => Err(PointerError::Escape(shown())),
            }
        };
        let steps = steps.split('/').map(step).collect::<Result<Vec<_>, _>>()?;
        if steps.len() > MAX_DEPTH { Err(PointerError::TooDeep(shown())) } else { Ok(Self(steps)) }
    }
}

impl TryFrom<String> for Pointer {
    type Error = PointerError;

    fn try_from(text: String) -> Result<Self, PointerError> {
        text.parse()
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|step| match step {
            Step::Each => f.write_str("/*"),
            Step::Name(name) => write!(f, "/{}", crate::json::escape_token(name)),
        })
    }
}

/// Pointers as people read them: `/a/*`, or `/a/* and /b`.
pub(super) fn listed(pointers: &[Pointer]) -> String {
    let shown: Vec<String> = pointers.iter().map(|pointer| one_line(&pointer.to_string(), 80)).collect();
    shown.join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers() {
        for text in ["", "/", "/a", "/a/*", "/*/*", "/hits/hits/*/_source", "/a~1b/~0", "/0"] {
            assert_eq!(text.parse::<Pointer>().unwrap().to_string(), text);
        }
        assert_eq!("a".parse::<Pointer>(), Err(PointerError::NoSlash("a".into())));
        assert_eq!("/~2".parse::<Pointer>(), Err(PointerError::Escape("/~2".into())));
        assert!(matches!("/a".repeat(129).parse::<Pointer>(), Err(PointerError::TooDeep(_))));
    }
}
