//! The changes from input to article, in a form that is cheap to count.

/// What a change is reported under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Changed {
    /// A field of the mapping, by its index.
    Field(usize),
    /// A member that the mapping drops, by its index.
    Drop(usize),
    /// A field that any mapping can fill, by its name.
    Named(&'static str),
}

/// The rule of each change, once for each time it was applied.
pub(crate) type Changes = Vec<(Changed, &'static str)>;
