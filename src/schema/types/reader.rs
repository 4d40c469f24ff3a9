//! From the keywords of a schema to its [`Shape`].
//!
//! References are followed within the file, until one leads back to where it came from. The
//! walk is bounded, so that a schema that refers to itself a thousandfold ends in an error.

use super::{Arrays, Form, Note, Numbers, Objects, Rest, Shape, Texts, add};
use crate::code::Code;
use crate::json::{Number, Object, Value};
use crate::schema::columns::SHORT;
use crate::schema::derive::{MAX_DEPTH, escape_pointer};
use crate::schema::vocabulary::SchemaFault;
use crate::text::one_line;

/// How many subschemas are read in all, each as often as it is referred to.
const MAX_SUBSCHEMAS: usize = 20_000;
/// How many subschemas may lie within each other, references followed.
const MAX_NESTED: usize = 160;

/// How many pairs of members may be compared in bringing subschemas together.
const MAX_WORK: usize = 20_000_000;

type Result<T> = std::result::Result<T, SchemaFault>;

/// Reads the shapes of one schema.
pub(in crate::schema) struct Reader<'s> {
    root: &'s Value<'s>,
    /// Whether schemas with an identity of their own are embedded, within which `#` means
    /// another place.
    embeds: bool,
    /// The subschemas that the walk is within, by their pointers.
    within: Vec<String>,
    read: usize,
    work: usize,
}

impl<'s> Reader<'s> {
    pub(in crate::schema) fn new(root: &'s Value<'s>) -> Self {
        Self { root, embeds: embeds(root, true), within: Vec::new(), read: 0, work: 0 }
    }

    /// The shape of the whole schema.
    pub(in crate::schema) fn root(&mut self) -> Result<Shape> {
        self.shape(self.root, "", 0)
    }

    fn shape(&mut self, schema: &'s Value<'s>, pointer: &str, depth: usize) -> Result<Shape> {
        self.read += 1;
        if self.read > MAX_SUBSCHEMAS {
            let message = format!("the schema unfolds into more than {MAX_SUBSCHEMAS} subschemas");
            return Err(SchemaFault::new(Code::SchemaColumns, pointer, message));
        }
        match schema {
            Value::Bool(false) => Ok(Shape { notes: vec![Note::False], ..Shape::nothing(pointer) }),
            Value::Object(object) if self.within.iter().any(|outer| outer == pointer) => {
                Ok(Shape::unknown(pointer, Note::Recursion(pointer.to_owned())).cross(types(object, pointer)))
            }
            Value::Object(_) if depth > MAX_DEPTH || self.within.len() > MAX_NESTED => {
                Ok(Shape::unknown(pointer, Note::Deep))
            }
            Value::Object(object) => {
                self.within.push(pointer.to_owned());
                let shape = self.keywords(object, pointer, depth);
                self.within.pop();
                shape
            }
            // Anything else is told by the meta-schema.
            _ => Ok(Shape::anything(pointer)),
        }
    }

    fn keywords(&mut self, object: &'s Object<'s>, pointer: &str, depth: usize) -> Result<Shape> {
        let mut shape = types(object, pointer);
        if let Some(Value::Array(values)) = object.get("enum") {
            let listed = values.iter().map(|value| of_value(value, pointer)).reduce(Shape::join);
            shape = shape.cross(listed.unwrap_or_else(|| Shape::nothing(pointer)));
        }
        if let Some(value) = object.get("const") {
            shape = shape.cross(of_value(value, pointer));
        }
        if let Some(numbers) = &mut shape.number {
            bound(numbers, object);
        }
        if let Some(texts) = &mut shape.text {
            texts.short |= count(object, "maxLength").is_some_and(|longest| longest <= SHORT);
            texts.form = match object.get("format").and_then(Value::as_str) {
                Some("date-time") => Form::DateTime,
                Some("date") => Form::Date,
                _ => texts.form,
            };
        }
        if let Some(own) = shape.array.take() {
            shape.array = Some(Box::new(own.cross(self.arrays(object, pointer, depth)?)));
        }
        if let Some(own) = shape.object.take() {
            shape.object = Some(Box::new(own.cross(self.objects(object, pointer, depth)?)));
        }
        self.applicators(shape, object, pointer, depth)
    }

    fn arrays(&mut self, object: &'s Object<'s>, pointer: &str, depth: usize) -> Result<Arrays> {
        let mut prefix = Vec::new();
        if let Some(Value::Array(schemas)) = object.get("prefixItems") {
            for (place, schema) in schemas.iter().enumerate() {
                prefix.push(self.shape(schema, &format!("{pointer}/prefixItems/{place}"), depth + 1)?);
            }
        }
        let mut rest = self.rest(object, "items", pointer, depth)?;
        if rest == Rest::Open && object.get("contains").is_some() {
            // What it finds counts as evaluated.
            rest = Rest::Stated;
        }
        Ok(Arrays { prefix, rest, least: count(object, "minItems").unwrap_or(0), most: count(object, "maxItems") })
    }

    fn objects(&mut self, object: &'s Object<'s>, pointer: &str, depth: usize) -> Result<Objects> {
        let mut members = Vec::new();
        if let Some(Value::Object(schemas)) = object.get("properties") {
            for (name, schema) in schemas.iter() {
                let pointer = format!("{pointer}/properties/{}", escape_pointer(name));
                members.push((name.to_owned(), self.shape(schema, &pointer, depth + 1)?));
            }
        }
        let required = match object.get("required") {
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        let mut rest = self.rest(object, "additionalProperties", pointer, depth)?;
        if let Some(Value::Object(schemas)) = object.get("patternProperties") {
            for (pattern, schema) in schemas.iter() {
                let pointer = format!("{pointer}/patternProperties/{}", escape_pointer(pattern));
                rest = rest.join(open_or_typed(self.shape(schema, &pointer, depth + 1)?));
            }
        }
        Ok(Objects { members, required, rest })
    }

    /// What `keyword` says of the values that are not declared one by one.
    fn rest(&mut self, object: &'s Object<'s>, keyword: &str, pointer: &str, depth: usize) -> Result<Rest> {
        Ok(match object.get(keyword) {
            None => Rest::Open,
            Some(Value::Bool(false)) => Rest::Closed,
            Some(schema) => open_or_typed(self.shape(schema, &format!("{pointer}/{keyword}"), depth + 1)?),
        })
    }

    /// The keywords that apply other subschemas to the same value.
    fn applicators(&mut self, mut shape: Shape, object: &'s Object<'s>, pointer: &str, depth: usize) -> Result<Shape> {
        if let Some(reference) = object.get("$ref") {
            let target = self.reference(reference, pointer, depth)?;
            shape = self.cross(&shape, target)?;
        }
        if object.get("$dynamicRef").is_some() {
            shape = shape.cross(Shape::unknown(pointer, Note::Unfollowed("$dynamicRef".to_owned())));
        }
        for crossed in self.each(object, "allOf", pointer, depth)? {
            shape = self.cross(&shape, crossed)?;
            add(&mut shape.notes, Note::Crossed);
        }
        for keyword in ["anyOf", "oneOf"] {
            let branches = self.each(object, keyword, pointer, depth)?;
            // An alternative that is null alone only makes the others optional.
            let several = branches.iter().filter(|branch| !branch.types().is_empty()).count() > 1;
            let mut joined: Option<Shape> = None;
            for branch in branches {
                let branch = self.cross(&shape, branch)?;
                joined = Some(match joined {
                    Some(before) => self.join(before, branch)?,
                    None => branch,
                });
            }
            shape = joined.unwrap_or(shape);
            if several {
                add(&mut shape.notes, Note::Alternatives);
            }
        }
        if let Some(condition) = object.get("if") {
            let met = self.shape(condition, &format!("{pointer}/if"), depth)?;
            let then = self.optional(object, "then", pointer, depth)?;
            let then = self.cross(&then, met)?;
            let otherwise = self.optional(object, "else", pointer, depth)?;
            let (then, otherwise) = (self.cross(&shape, then)?, self.cross(&shape, otherwise)?);
            shape = self.join(then, otherwise)?;
            add(&mut shape.notes, Note::Alternatives);
        }
        if let Some(Value::Object(schemas)) = object.get("dependentSchemas") {
            for (name, schema) in schemas.iter() {
                let pointer = format!("{pointer}/dependentSchemas/{}", escape_pointer(name));
                let with = self.shape(schema, &pointer, depth)?;
                let with = self.cross(&shape, with)?;
                shape = self.join(with, shape)?;
            }
        }
        self.unevaluated(&mut shape, object, pointer, depth)?;
        pointer.clone_into(&mut shape.pointer);
        Ok(shape)
    }

    fn cross(&mut self, a: &Shape, b: Shape) -> Result<Shape> {
        self.spend(a, &b)?;
        Ok(a.clone().cross(b))
    }

    fn join(&mut self, a: Shape, b: Shape) -> Result<Shape> {
        self.spend(&a, &b)?;
        Ok(a.join(b))
    }

    /// Comparing names takes at most the product of both sizes.
    fn spend(&mut self, a: &Shape, b: &Shape) -> Result<()> {
        self.work = self.work.saturating_add(a.size().saturating_mul(b.size()));
        if self.work > MAX_WORK {
            let message = "the schema's alternatives are too many and too large to be brought together";
            return Err(SchemaFault::new(Code::SchemaColumns, &a.pointer, message));
        }
        Ok(())
    }

    /// The rest that nothing has spoken of yet.
    fn unevaluated(&mut self, shape: &mut Shape, object: &'s Object<'s>, pointer: &str, depth: usize) -> Result<()> {
        if let Some(arrays) = shape.array.as_mut().filter(|arrays| arrays.rest == Rest::Open) {
            arrays.rest = self.rest(object, "unevaluatedItems", pointer, depth)?;
        }
        if let Some(objects) = shape.object.as_mut().filter(|objects| objects.rest == Rest::Open) {
            objects.rest = self.rest(object, "unevaluatedProperties", pointer, depth)?;
        }
        Ok(())
    }

    fn each(&mut self, object: &'s Object<'s>, keyword: &str, pointer: &str, depth: usize) -> Result<Vec<Shape>> {
        let Some(Value::Array(schemas)) = object.get(keyword) else { return Ok(Vec::new()) };
        let schemas = schemas.iter().enumerate();
        schemas.map(|(place, schema)| self.shape(schema, &format!("{pointer}/{keyword}/{place}"), depth)).collect()
    }

    /// The shape of a subschema that need not be there.
    fn optional(&mut self, object: &'s Object<'s>, keyword: &str, pointer: &str, depth: usize) -> Result<Shape> {
        match object.get(keyword) {
            Some(schema) => self.shape(schema, &format!("{pointer}/{keyword}"), depth),
            None => Ok(Shape::anything(pointer)),
        }
    }

    /// Follows a reference within the file. One that leads elsewhere, or whose meaning depends on
    /// an embedded schema, is left to the validator.
    fn reference(&mut self, reference: &'s Value<'s>, pointer: &str, depth: usize) -> Result<Shape> {
        let target = reference.as_str().unwrap_or_default();
        let place = target.strip_prefix('#').filter(|_| !self.embeds);
        match place.and_then(|place| Some((place, self.root.pointer(place)?))) {
            Some((place, schema)) => self.shape(schema, place, depth),
            None => Ok(Shape::unknown(pointer, Note::Unfollowed(one_line(target, 60)))),
        }
    }
}

/// The rest of this shape.
fn open_or_typed(shape: Shape) -> Rest {
    if shape.is_anything() && shape.notes.is_empty() {
        Rest::Stated
    } else if shape.is_nothing() {
        Rest::Closed
    } else {
        Rest::Typed(Box::new(shape))
    }
}

/// What `type` admits.
fn types(object: &Object<'_>, pointer: &str) -> Shape {
    let one = std::slice::from_ref;
    let names: Vec<&str> = match object.get("type") {
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        Some(name) => one(name).iter().filter_map(Value::as_str).collect(),
        None => return Shape::anything(pointer),
    };
    let all = Shape::anything(pointer);
    let has = |name| names.contains(&name);
    let number = all.number.filter(|_| has("number") || has("integer"));
    Shape {
        null: has("null"),
        boolean: has("boolean"),
        number: number.map(|numbers| Numbers { whole: !has("number"), ..numbers }),
        text: all.text.filter(|_| has("string")),
        array: all.array.filter(|_| has("array")),
        object: all.object.filter(|_| has("object")),
        ..Shape::nothing(pointer)
    }
}

/// The shape of one value that the schema lists.
fn of_value(value: &Value<'_>, pointer: &str) -> Shape {
    let mut shape = Shape::nothing(pointer);
    match value {
        Value::Null => shape.null = true,
        Value::Bool(_) => shape.boolean = true,
        Value::Number(number) => {
            let whole = number.is_integer();
            let bound = whole.then(|| round(number, f64::floor)).flatten();
            shape.number = Some(Numbers { whole, least: bound, greatest: bound });
        }
        Value::String(_) => shape.text = Some(Texts { form: Form::Plain, short: true }),
        Value::Array(values) => {
            let length = values.len() as u64;
            let prefix = values.iter().map(|value| of_value(value, pointer)).collect();
            shape.array = Some(Box::new(Arrays { prefix, rest: Rest::Closed, least: length, most: Some(length) }));
        }
        Value::Object(members) => {
            let required = members.iter().map(|(name, _)| name.to_owned()).collect();
            let members = members.iter().map(|(name, value)| (name.to_owned(), of_value(value, pointer))).collect();
            shape.object = Some(Box::new(Objects { members, required, rest: Rest::Closed }));
        }
    }
    shape
}

/// Narrows whole numbers to their bounds.
fn bound(numbers: &mut Numbers, object: &Object<'_>) {
    let number = |keyword| object.get(keyword).and_then(Value::as_number);
    let next = |number: &Number<'_>, step: i128, toward: fn(f64) -> f64| {
        let nearest = round(number, toward)?;
        Some(if number.is_integer() { nearest + step } else { nearest })
    };
    let least = [
        number("minimum").and_then(|number| next(number, 0, f64::ceil)),
        number("exclusiveMinimum").and_then(|number| next(number, 1, f64::ceil)),
    ];
    let greatest = [
        number("maximum").and_then(|number| next(number, 0, f64::floor)),
        number("exclusiveMaximum").and_then(|number| next(number, -1, f64::floor)),
    ];
    numbers.least = numbers.least.into_iter().chain(least.into_iter().flatten()).max();
    numbers.greatest = numbers.greatest.into_iter().chain(greatest.into_iter().flatten()).min();
}

/// A number as an integer, rounded the way `toward` does; `None` beyond 38 digits.
fn round(number: &Number<'_>, toward: fn(f64) -> f64) -> Option<i128> {
    let exact = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
    let digits = || number.text().parse().ok();
    let double = || format!("{:.0}", toward(number.as_f64()?)).parse().ok();
    exact.or_else(digits).or_else(double).filter(|integer: &i128| integer.unsigned_abs() < 10_u128.pow(38))
}

fn count(object: &Object<'_>, keyword: &str) -> Option<u64> {
    object.get(keyword).and_then(Value::as_number).and_then(Number::as_u64)
}

/// Whether schemas with an identity of their own stand within this one.
fn embeds(schema: &Value<'_>, root: bool) -> bool {
    match schema {
        Value::Object(members) => {
            (!root && members.get("$id").is_some_and(|id| id.as_str().is_some()))
                || members.iter().any(|(_, value)| embeds(value, false))
        }
        Value::Array(values) => values.iter().any(|value| embeds(value, false)),
        _ => false,
    }
}
