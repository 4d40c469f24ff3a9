//! The values that a subschema accepts, as far as columns depend on them: the types, and for each type
//! the rules that decide its column. Shapes are joined where either may hold and crossed where both must.
//!
//! A shape is never narrower than its subschema: rules that do not bear on columns (`pattern`,
//! `not`, `contains`) are left to the validator. There is one exception, which `schema explain`
//! reports: a member that some alternatives declare and others leave open has the declared
//! shape (see [`Note::OpenElsewhere`]); other values that such an alternative accepts are rejected, not lost.

mod reader;

pub(super) use reader::Reader;

/// The values that a subschema accepts. A type that is `None` or `false` cannot occur.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shape {
    pub(super) null: bool,
    pub(super) boolean: bool,
    pub(super) number: Option<Numbers>,
    pub(super) text: Option<Texts>,
    pub(super) array: Option<Box<Arrays>>,
    pub(super) object: Option<Box<Objects>>,
    /// JSON Pointer to the subschema.
    pub(super) pointer: String,
    /// How it came about.
    pub(super) notes: Vec<Note>,
}

/// What a shape does not show by itself.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Note {
    /// The schema is `false`.
    False,
    /// Another part of the schema closes the object to this member.
    ClosedElsewhere,
    /// The subschema at this pointer contains itself.
    Recursion(String),
    /// A reference that is left to the validator.
    Unfollowed(String),
    /// Values lie too deep for columns of their own.
    Deep,
    /// Some alternatives declare the member and others leave it open.
    OpenElsewhere,
    /// Several alternatives were joined.
    Alternatives,
    /// Several subschemas were crossed.
    Crossed,
}

/// The numbers of a shape. Bounds are kept for whole numbers only, and beyond 128 bits not at all.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Numbers {
    pub(super) whole: bool,
    pub(super) least: Option<i128>,
    pub(super) greatest: Option<i128>,
}

/// The texts of a shape.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Texts {
    pub(super) form: Form,
    /// Whether their length is bounded to [`super::columns::SHORT`], or they are listed.
    pub(super) short: bool,
}

/// The formats that have a column of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    DateTime,
    Date,
}

/// The arrays of a shape: entries with their own shapes, then any number of one shape.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Arrays {
    pub(super) prefix: Vec<Shape>,
    pub(super) rest: Rest,
    pub(super) least: u64,
    pub(super) most: Option<u64>,
}

/// The objects of a shape.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Objects {
    /// Names and shapes, in the order of the schema.
    pub(super) members: Vec<(String, Shape)>,
    pub(super) required: Vec<String>,
    pub(super) rest: Rest,
}

/// The values that are allowed beside the declared ones.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Rest {
    /// Anything, because no keyword restricts it.
    Open,
    /// Anything, because the schema says so (which counts as evaluated).
    Stated,
    /// Values of one shape.
    Typed(Box<Shape>),
    /// Nothing.
    Closed,
}

impl Shape {
    /// The shape of no value.
    pub(super) fn nothing(pointer: &str) -> Self {
        let pointer = pointer.to_owned();
        Self {
            null: false,
            boolean: false,
            number: None,
            text: None,
            array: None,
            object: None,
            pointer,
            notes: vec![],
        }
    }

    /// The shape of every value.
    pub(super) fn anything(pointer: &str) -> Self {
        Self {
            null: true,
            boolean: true,
            number: Some(Numbers { whole: false, least: None, greatest: None }),
            text: Some(Texts { form: Form::Plain, short: false }),
            array: Some(Box::new(Arrays { prefix: Vec::new(), rest: Rest::Open, least: 0, most: None })),
            object: Some(Box::new(Objects { members: Vec::new(), required: Vec::new(), rest: Rest::Open })),
            ..Self::nothing(pointer)
        }
    }

    /// Every value, by a part of the schema that is not followed.
    pub(super) fn unknown(pointer: &str, note: Note) -> Self {
        let mut shape = Self::anything(pointer);
        shape.array.iter_mut().for_each(|arrays| arrays.rest = Rest::Stated);
        shape.object.iter_mut().for_each(|objects| objects.rest = Rest::Stated);
        shape.notes.push(note);
        shape
    }

    /// The words for the types that occur, null left out.
    pub(super) fn types(&self) -> Vec<&'static str> {
        let words = [
            (self.boolean, "booleans"),
            (self.number.is_some(), "numbers"),
            (self.text.is_some(), "texts"),
            (self.array.is_some(), "arrays"),
            (self.object.is_some(), "objects"),
        ];
        words.into_iter().filter(|(occurs, _)| *occurs).map(|(_, word)| word).collect()
    }

    /// How many shapes it is made of.
    fn size(&self) -> usize {
        let rest = |rest: &Rest| if let Rest::Typed(shape) = rest { shape.size() } else { 0 };
        let array = self
            .array
            .as_ref()
            .map_or(0, |arrays| arrays.prefix.iter().map(Self::size).sum::<usize>() + rest(&arrays.rest));
        let object = self.object.as_ref().map_or(0, |objects| {
            objects.members.iter().map(|(_, shape)| shape.size()).sum::<usize>() + rest(&objects.rest)
        });
        1 + array + object
    }

    /// Whether no value has this shape.
    pub(super) fn is_nothing(&self) -> bool {
        !self.null && self.types().is_empty()
    }

    /// Whether every value has this shape.
    pub(super) fn is_anything(&self) -> bool {
        let open = |rest: &Rest| matches!(rest, Rest::Open | Rest::Stated);
        self.null
            && self.boolean
            && self.number.as_ref().is_some_and(|numbers| !numbers.whole)
            && self.text.as_ref().is_some_and(|texts| texts.form == Form::Plain)
            && self.array.as_ref().is_some_and(|arrays| arrays.prefix.is_empty() && open(&arrays.rest))
            && self.object.as_ref().is_some_and(|objects| objects.members.is_empty() && open(&objects.rest))
    }

    /// The values of either; the pointer is that of `self`.
    pub(super) fn join(self, other: Self) -> Self {
        Self {
            null: self.null || other.null,
            boolean: self.boolean || other.boolean,
            number: either(self.number, other.number, Numbers::join),
            text: either(self.text, other.text, Texts::join),
            array: either(self.array, other.array, |a, b| Box::new(a.join(*b))),
            object: either(self.object, other.object, |a, b| Box::new(a.join(*b))),
            pointer: if self.pointer.is_empty() { other.pointer } else { self.pointer },
            notes: merged(self.notes, other.notes),
        }
    }

    /// The values of both; the pointer is that of `self`.
    pub(super) fn cross(self, other: Self) -> Self {
        Self {
            null: self.null && other.null,
            boolean: self.boolean && other.boolean,
            number: both(self.number, other.number, |a, b| Some(a.cross(b))),
            text: both(self.text, other.text, Texts::cross),
            array: both(self.array, other.array, |a, b| Some(Box::new(a.cross(*b)))),
            object: both(self.object, other.object, |a, b| Some(Box::new(a.cross(*b)))),
            pointer: if self.pointer.is_empty() { other.pointer } else { self.pointer },
            notes: merged(self.notes, other.notes),
        }
    }
}

fn either<T>(a: Option<T>, b: Option<T>, join: impl FnOnce(T, T) -> T) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(join(a, b)),
        (a, b) => a.or(b),
    }
}

fn both<T>(a: Option<T>, b: Option<T>, cross: impl FnOnce(T, T) -> Option<T>) -> Option<T> {
    cross(a?, b?)
}

fn merged(mut notes: Vec<Note>, more: Vec<Note>) -> Vec<Note> {
    for note in more {
        add(&mut notes, note);
    }
    notes
}

fn add(notes: &mut Vec<Note>, note: Note) {
    if !notes.contains(&note) {
        notes.push(note);
    }
}

impl Numbers {
    fn join(self, other: Self) -> Self {
        let outer = |a: Option<i128>, b: Option<i128>, pick: fn(i128, i128) -> i128| Some(pick(a?, b?));
        Self {
            whole: self.whole && other.whole,
            least: outer(self.least, other.least, i128::min),
            greatest: outer(self.greatest, other.greatest, i128::max),
        }
    }

    fn cross(self, other: Self) -> Self {
        Self {
            whole: self.whole || other.whole,
            least: self.least.max(other.least),
            greatest: self.greatest.into_iter().chain(other.greatest).min(),
        }
    }
}

impl Texts {
    fn join(self, other: Self) -> Self {
        let form = if self.form == other.form { self.form } else { Form::Plain };
        Self { form, short: self.short && other.short }
    }

    /// No string is both a date and a date-time.
    fn cross(self, other: Self) -> Option<Self> {
        let form = match (self.form, other.form) {
            (Form::Plain, form) | (form, Form::Plain) => form,
            (a, b) if a == b => a,
            _ => return None,
        };
        Some(Self { form, short: self.short || other.short })
    }
}

impl Arrays {
    fn join(mut self, mut other: Self) -> Self {
        self.widen(other.prefix.len());
        other.widen(self.prefix.len());
        let prefix = self.prefix.into_iter().zip(other.prefix).map(|(a, b)| a.join(b)).collect();
        let most = self.most.and_then(|most| Some(most.max(other.most?)));
        Self { prefix, rest: self.rest.join(other.rest), least: self.least.min(other.least), most }
    }

    fn cross(mut self, mut other: Self) -> Self {
        self.widen(other.prefix.len());
        other.widen(self.prefix.len());
        let prefix = self.prefix.into_iter().zip(other.prefix).map(|(a, b)| a.cross(b)).collect();
        let most = self.most.into_iter().chain(other.most).min();
        Self { prefix, rest: self.rest.cross(other.rest), least: self.least.max(other.least), most }
    }

    /// Gives this many entries their own shapes.
    fn widen(&mut self, length: usize) {
        while self.prefix.len() < length {
            self.prefix.push(self.rest.shape(Note::False));
        }
    }
}

impl Objects {
    fn join(mut self, other: Self) -> Self {
        let (own, theirs) = (self.rest.clone(), other.rest.clone());
        let mut joined: Vec<(String, Shape)> = Vec::new();
        let mut rest: Vec<Option<(String, Shape)>> = other.members.into_iter().map(Some).collect();
        for (name, shape) in self.members {
            let found = rest.iter_mut().find(|member| member.as_ref().is_some_and(|(other, _)| *other == name));
            let shape = match found.and_then(Option::take) {
                Some((_, other)) => shape.join(other),
                None => declared_once(shape, &theirs),
            };
            joined.push((name, shape));
        }
        joined.extend(rest.into_iter().flatten().map(|(name, shape)| (name, declared_once(shape, &own))));
        self.required.retain(|name| other.required.contains(name));
        Self { members: joined, required: self.required, rest: own.join(theirs) }
    }

    fn cross(mut self, other: Self) -> Self {
        let (own, theirs) = (self.rest.clone(), other.rest.clone());
        let mut rest: Vec<Option<(String, Shape)>> = other.members.into_iter().map(Some).collect();
        let mut crossed: Vec<(String, Shape)> = Vec::new();
        for (name, shape) in self.members {
            let found = rest.iter_mut().find(|member| member.as_ref().is_some_and(|(other, _)| *other == name));
            let shape = match found.and_then(Option::take) {
                Some((_, other)) => shape.cross(other),
                None => shape.cross(theirs.shape(Note::ClosedElsewhere)),
            };
            crossed.push((name, shape));
        }
        let beyond = rest.into_iter().flatten();
        crossed.extend(beyond.map(|(name, shape)| (name, shape.cross(own.shape(Note::ClosedElsewhere)))));
        let missing: Vec<String> = other.required.into_iter().filter(|name| !self.required.contains(name)).collect();
        self.required.extend(missing);
        Self { members: crossed, required: self.required, rest: own.cross(theirs) }
    }
}

/// A member that one alternative declares, beside the rest of another that does not.
fn declared_once(mut shape: Shape, rest: &Rest) -> Shape {
    match rest {
        Rest::Closed => shape,
        Rest::Typed(other) => shape.join((**other).clone()),
        Rest::Open | Rest::Stated => {
            shape.null = true;
            add(&mut shape.notes, Note::OpenElsewhere);
            shape
        }
    }
}

impl Rest {
    /// The shape of one value of the rest; `closed` says why there is none.
    fn shape(&self, closed: Note) -> Shape {
        match self {
            Self::Open | Self::Stated => Shape::anything(""),
            Self::Typed(shape) => (**shape).clone(),
            Self::Closed => Shape { notes: vec![closed], ..Shape::nothing("") },
        }
    }

    fn join(self, other: Self) -> Self {
        match (self, other) {
            (Self::Closed, rest) | (rest, Self::Closed) => rest,
            (Self::Open, Self::Open) => Self::Open,
            (Self::Typed(a), Self::Typed(b)) => Self::Typed(Box::new(a.join(*b))),
            _ => Self::Stated,
        }
    }

    fn cross(self, other: Self) -> Self {
        match (self, other) {
            (Self::Closed, _) | (_, Self::Closed) => Self::Closed,
            // What one side states is stated.
            (Self::Stated, Self::Open) => Self::Stated,
            (Self::Open | Self::Stated, rest) | (rest, Self::Open | Self::Stated) => rest,
            (Self::Typed(a), Self::Typed(b)) => Self::Typed(Box::new(a.cross(*b))),
        }
    }
}
