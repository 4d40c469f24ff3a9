//! What was changed on the way from input to article, noted so that it can be counted cheaply.

/// What a change is told under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Changed {
    /// A field of the mapping, by its place.
    Field(usize),
    /// A member that the mapping drops, by its place.
    Drop(usize),
    /// A field that every mapping can fill, by its name.
    Named(&'static str),
}

/// The rule of every change, once for each time that it was made.
pub type Changes = Vec<(Changed, &'static str)>;
