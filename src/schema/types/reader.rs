//! From the keywords of a schema to its [`Shape`].
//!
//! References are followed within the document, until one leads back to where it came from. The
//! walk is bounded, so that a schema whose references multiply ends in an error.

use super::{Arrays, Form, Note, Numbers, Objects, Rest, Shape, Texts, add};
use crate::code::Code;
use crate::json::{Number, Value};
use crate::schema::columns::SHORT;
use crate::schema::derive::MAX_DEPTH;
use crate::schema::fault::SchemaFault;
use crate::schema::graph::{Body, Content, Graph, Node, NodeId};
use crate::text::one_line;

/// How many subschemas are read in all, each as often as it is referred to.
const MAX_SUBSCHEMAS: usize = 20_000;
/// How many subschemas may lie within each other, references followed.
const MAX_NESTED: usize = 160;

/// How many pairs of members may be compared in bringing subschemas together.
const MAX_WORK: usize = 20_000_000;

type Result<T> = std::result::Result<T, SchemaFault>;

/// Reads the shapes of one schema.
pub(in crate::schema) struct Reader<'g> {
    graph: &'g Graph,
    /// The subschemas that the walk is within.
    within: Vec<NodeId>,
    read: usize,
    work: usize,
}

impl<'g> Reader<'g> {
    pub(in crate::schema) fn new(graph: &'g Graph) -> Self {
        Self { graph, within: Vec::new(), read: 0, work: 0 }
    }

    /// The shape of the whole schema.
    pub(in crate::schema) fn root(&mut self) -> Result<Shape> {
        self.shape(NodeId::ROOT, 0)
    }

    fn shape(&mut self, id: NodeId, depth: usize) -> Result<Shape> {
        let node = &self.graph[id];
        let pointer = &node.pointer;
        self.read += 1;
        if self.read > MAX_SUBSCHEMAS {
            let message = format!("the schema unfolds into more than {MAX_SUBSCHEMAS} subschemas");
            return Err(SchemaFault::new(Code::SchemaColumns, pointer.as_str(), message));
        }
        match node.body {
            Body::Always(false) => Ok(Shape { notes: vec![Note::False], ..Shape::nothing(pointer) }),
            Body::Keywords(_) if self.within.contains(&id) => {
                Ok(Shape::unknown(pointer, Note::Recursion(pointer.clone())).cross(types(node)))
            }
            Body::Keywords(_) if depth > MAX_DEPTH || self.within.len() > MAX_NESTED => {
                Ok(Shape::unknown(pointer, Note::Deep))
            }
            Body::Keywords(_) => {
                self.within.push(id);
                let shape = self.keywords(node, depth);
                self.within.pop();
                shape
            }
            // The meta-schema reports what is malformed.
            Body::Always(true) | Body::Malformed(_) => Ok(Shape::anything(pointer)),
        }
    }

    fn keywords(&mut self, node: &'g Node, depth: usize) -> Result<Shape> {
        let pointer = &node.pointer;
        let mut shape = types(node);
        if let Some(Value::Array(values)) = node.data("enum") {
            let listed = values.iter().map(|value| of_value(value, pointer)).reduce(Shape::join);
            shape = shape.cross(listed.unwrap_or_else(|| Shape::nothing(pointer)));
        }
        if let Some(value) = node.data("const") {
            shape = shape.cross(of_value(value, pointer));
        }
        if let Some(numbers) = &mut shape.number {
            bound(numbers, node);
        }
        if let Some(texts) = &mut shape.text {
            texts.short |= count(node, "maxLength").is_some_and(|longest| longest <= SHORT);
            texts.form = match node.data("format").and_then(Value::as_str) {
                Some("date-time") => Form::DateTime,
                Some("date") => Form::Date,
                _ => texts.form,
            };
        }
        if let Some(own) = shape.array.take() {
            shape.array = Some(Box::new(own.cross(self.arrays(node, depth)?)));
        }
        if let Some(own) = shape.object.take() {
            shape.object = Some(Box::new(own.cross(self.objects(node, depth)?)));
        }
        self.applicators(shape, node, depth)
    }

    fn arrays(&mut self, node: &'g Node, depth: usize) -> Result<Arrays> {
        let prefix = self.each(node, "prefixItems", depth + 1)?;
        let mut rest = self.rest(node, "items", depth)?;
        if rest == Rest::Open && node.get("contains").is_some() {
            // What it finds counts as evaluated.
            rest = Rest::Stated;
        }
        Ok(Arrays { prefix, rest, least: count(node, "minItems").unwrap_or(0), most: count(node, "maxItems") })
    }

    fn objects(&mut self, node: &'g Node, depth: usize) -> Result<Objects> {
        let mut members = Vec::new();
        for (name, id) in node.by_name("properties") {
            members.push((name.clone(), self.shape(*id, depth + 1)?));
        }
        let required = match node.data("required") {
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        let mut rest = self.rest(node, "additionalProperties", depth)?;
        for (_, id) in node.by_name("patternProperties") {
            rest = rest.join(open_or_typed(self.shape(*id, depth + 1)?));
        }
        Ok(Objects { members, required, rest })
    }

    /// What `keyword` says of the values that are not declared one by one.
    fn rest(&mut self, node: &'g Node, keyword: &str, depth: usize) -> Result<Rest> {
        Ok(match node.schema(keyword) {
            None => Rest::Open,
            Some(id) if matches!(self.graph[id].body, Body::Always(false)) => Rest::Closed,
            Some(id) => open_or_typed(self.shape(id, depth + 1)?),
        })
    }

    /// The keywords that apply other subschemas to the same value.
    fn applicators(&mut self, mut shape: Shape, node: &'g Node, depth: usize) -> Result<Shape> {
        if let Some(reference) = node.get("$ref") {
            let target = self.reference(reference, node, depth)?;
            shape = self.cross(&shape, target)?;
        }
        if node.get("$dynamicRef").is_some() {
            shape = shape.cross(Shape::unknown(&node.pointer, Note::Unfollowed("$dynamicRef".to_owned())));
        }
        for crossed in self.each(node, "allOf", depth)? {
            shape = self.cross(&shape, crossed)?;
            add(&mut shape.notes, Note::Crossed);
        }
        for keyword in ["anyOf", "oneOf"] {
            shape = self.alternatives(shape, node, keyword, depth)?;
        }
        if let Some(condition) = node.schema("if") {
            let met = self.shape(condition, depth)?;
            let then = self.optional(node, "then", depth)?;
            let then = self.cross(&then, met)?;
            let otherwise = self.optional(node, "else", depth)?;
            let (then, otherwise) = (self.cross(&shape, then)?, self.cross(&shape, otherwise)?);
            shape = self.join(then, otherwise)?;
            add(&mut shape.notes, Note::Alternatives);
        }
        for (_, id) in node.by_name("dependentSchemas") {
            let with = self.shape(*id, depth)?;
            let with = self.cross(&shape, with)?;
            shape = self.join(with, shape)?;
        }
        self.unevaluated(&mut shape, node, depth)?;
        node.pointer.clone_into(&mut shape.pointer);
        Ok(shape)
    }

    fn alternatives(&mut self, mut shape: Shape, node: &'g Node, keyword: &str, depth: usize) -> Result<Shape> {
        let branches = self.each(node, keyword, depth)?;
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

    /// The rest where no other keyword says anything about it.
    fn unevaluated(&mut self, shape: &mut Shape, node: &'g Node, depth: usize) -> Result<()> {
        if let Some(arrays) = shape.array.as_mut().filter(|arrays| arrays.rest == Rest::Open) {
            arrays.rest = self.rest(node, "unevaluatedItems", depth)?;
        }
        if let Some(objects) = shape.object.as_mut().filter(|objects| objects.rest == Rest::Open) {
            objects.rest = self.rest(node, "unevaluatedProperties", depth)?;
        }
        Ok(())
    }

    fn each(&mut self, node: &'g Node, keyword: &str, depth: usize) -> Result<Vec<Shape>> {
        node.schemas(keyword).iter().map(|id| self.shape(*id, depth)).collect()
    }

    /// The shape of a subschema that may be missing.
    fn optional(&mut self, node: &'g Node, keyword: &str, depth: usize) -> Result<Shape> {
        match node.schema(keyword) {
            Some(id) => self.shape(id, depth),
            None => Ok(Shape::anything(&node.pointer)),
        }
    }

    fn reference(&mut self, content: &'g Content, node: &'g Node, depth: usize) -> Result<Shape> {
        let Content::Reference(reference) = content else {
            return Ok(Shape::unknown(&node.pointer, Note::Unfollowed(String::new())));
        };
        match self.graph.followed(reference) {
            Some(id) => self.shape(id, depth),
            None => Ok(Shape::unknown(&node.pointer, Note::Unfollowed(one_line(&reference.text, 60)))),
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
fn types(node: &Node) -> Shape {
    let pointer = &node.pointer;
    let one = std::slice::from_ref;
    let names: Vec<&str> = match node.data("type") {
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
fn bound(numbers: &mut Numbers, node: &Node) {
    let number = |keyword| node.data(keyword).and_then(Value::as_number);
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

fn count(node: &Node, keyword: &str) -> Option<u64> {
    node.data(keyword).and_then(Value::as_number).and_then(Number::as_u64)
}
