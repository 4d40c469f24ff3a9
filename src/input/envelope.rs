//! Is a single object an article, or an envelope of articles, and where are they in it?
//!
//! What an article is, a [`Recognise`] decides. Nothing is framed here. An object that is itself an
//! article is never an envelope, whatever is in it; in any other, every place that holds an article
//! is found, so that none is passed over by a guess.

use std::collections::BTreeMap;

use super::block::Names;
use super::children::{Child, Children};
use super::pointer::{Pointer, Step};
use super::stream::Scan;
use crate::json;

/// How many levels are looked through. What is deeper is a place of its own as soon as it holds an object.
const DEPTH: usize = 8;
/// Members of an envelope that often hold its articles.
const KNOWN: &[&str] =
    &["articles", "output", "items", "data", "results", "docs", "documents", "records", "entries", "news", "response"];
/// Members that an article has and an envelope does not, in the words of the parsers.
const OF_ARTICLES: &[&str] = &[
    "text",
    "maintext",
    "articleBody",
    "cleaned_text",
    "textContent",
    "content",
    "body",
    "bodies",
    "raw_text",
    "title",
    "headline",
    "url",
    "uri",
];

/// Decides what is an article.
pub(crate) trait Recognise: Sync {
    /// Whether the bytes of a JSON object, which its container holds under these names, are an
    /// article: one whose text or id is found, or that the schema accepts. None if they cannot be parsed.
    fn is_article(&self, bytes: &[u8], names: &Names) -> Option<bool>;
}

/// Takes every object for an article.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Anything;

impl Recognise for Anything {
    fn is_article(&self, _bytes: &[u8], _names: &Names) -> Option<bool> {
        Some(true)
    }
}

/// The places in an object or list that hold articles, each with the number of objects there.
pub(super) type Places = BTreeMap<Pointer, u64>;

/// What an object is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Article,
    /// None, and these are the places in it that hold articles.
    Envelope(Places),
}

/// What the object at the start of `bytes` is. It is an article only if it `may_be` one: not if it is
/// longer than any.
pub(super) fn shape(bytes: &[u8], may_be: bool, recognise: &dyn Recognise) -> Shape {
    let mut search = Search { recognise, found: Places::new() };
    if may_be && search.is_article(bytes, &Names::default()) {
        return Shape::Article;
    }
    search.object(bytes, &mut Vec::new());
    Shape::Envelope(search.found)
}

/// The places that hold articles in a value at `path` that is passed over.
pub(super) fn places_below(bytes: &[u8], path: &[Step], recognise: &dyn Recognise) -> Places {
    let mut search = Search { recognise, found: Places::new() };
    let child = Child { name: &[], bytes, whole: true };
    search.child(&child, &mut path.to_vec(), false);
    search.found
}

struct Search<'r> {
    recognise: &'r dyn Recognise,
    found: Places,
}

impl Search<'_> {
    fn is_article(&self, bytes: &[u8], names: &Names) -> bool {
        let found = self.recognise.is_article(bytes, names);
        found.or_else(|| self.recognise.is_article(&mended(bytes), names)).unwrap_or(false)
    }

    fn add(&mut self, path: &[Step], more: &[Step], objects: u64) {
        *self.found.entry(Pointer::of(&[path, more].concat())).or_default() += objects;
    }

    /// Adds a place that cannot be looked through, if there are objects in it.
    fn add_unseen(&mut self, bytes: &[u8], path: &[Step]) {
        let mut scan = Scan::default();
        scan.run(bytes);
        let within = scan.objects() - u64::from(bytes.starts_with(b"{"));
        if within > 0 {
            self.add(path, &[], within);
        }
    }

    /// Looks through the members of an object that is not an article.
    fn object(&mut self, bytes: &[u8], path: &mut Vec<Step>) {
        let Kinds { objects, lists, others, sound, .. } = Kinds::of(bytes);
        if !sound || path.len() >= DEPTH {
            // Within an object that makes no sense as a whole nothing is an article of its own.
            if !path.is_empty() {
                self.add_unseen(bytes, path);
            }
            return;
        }
        let is_map = lists + others == 0 && objects > 0;
        if is_map && self.is_map(bytes) {
            return self.add(path, &[Step::Each], objects);
        }
        if objects + others == 0 && lists > u64::from(!path.is_empty()) {
            let in_lists = self.in_groups(bytes);
            if in_lists > 0 {
                return self.add(path, &[Step::Each, Step::Each], in_lists);
            }
        }
        for child in Children::of(bytes) {
            path.push(Step::Name(child.name()));
            self.child(&child, path, is_map);
            path.pop();
        }
    }

    fn child(&mut self, child: &Child<'_>, path: &mut Vec<Step>, known_not: bool) {
        if child.is_list() {
            self.list(child.bytes, path);
        } else if child.is_object() && !known_not && self.is_article(child.bytes, &Names::default()) {
            self.add(path, &[], 1);
        } else if child.is_object() {
            self.object(child.bytes, path);
        }
    }

    /// Looks through the elements of a list. If one is an article, they all belong to its place.
    fn list(&mut self, bytes: &[u8], path: &mut Vec<Step>) {
        let mut children = Children::of(bytes);
        if children.by_ref().any(|child| child.is_object() && self.is_article(child.bytes, &Names::default())) {
            let all = Children::of(bytes).filter(Child::is_object).count() as u64;
            return self.add(path, &[Step::Each], all);
        }
        if !children.is_sound() || path.len() >= DEPTH {
            return self.add_unseen(bytes, path);
        }
        path.push(Step::Each);
        for child in Children::of(bytes) {
            self.child(&child, path, true);
        }
        path.pop();
    }

    /// Whether one of the members, which are all objects, is an article.
    fn is_map(&self, bytes: &[u8]) -> bool {
        Children::of(bytes).any(|child| {
            let names = Names { key: Some(child.name()), group: None };
            self.is_article(child.bytes, &names)
        })
    }

    /// How many objects are in the members, which are all lists, if one of them is an article.
    fn in_groups(&self, bytes: &[u8]) -> u64 {
        let is_known = |child: Child<'_>| KNOWN.contains(&child.name().as_str());
        // With such a name it is an envelope that holds several lists.
        if Children::of(bytes).any(is_known) {
            return 0;
        }
        let holds = Children::of(bytes).any(|list| {
            let names = Names { key: None, group: Some(list.name().into()) };
            Children::of(list.bytes).any(|child| child.is_object() && self.is_article(child.bytes, &names))
        });
        let objects = |list: Child<'_>| Children::of(list.bytes).filter(Child::is_object).count() as u64;
        if holds { Children::of(bytes).map(objects).sum() } else { 0 }
    }
}

/// What the members of an object are.
#[derive(Debug, Default)]
struct Kinds {
    objects: u64,
    lists: u64,
    others: u64,
    sound: bool,
}

impl Kinds {
    fn of(bytes: &[u8]) -> Self {
        let mut kinds = Self::default();
        let mut children = Children::of(bytes);
        for child in children.by_ref() {
            match child.bytes.first() {
                Some(b'{') => kinds.objects += 1,
                Some(b'[') => kinds.lists += 1,
                _ => kinds.others += 1,
            }
        }
        kinds.sound = children.is_sound();
        kinds
    }
}

/// The object at the start of `bytes` without what cannot be parsed: a text stands for a text, null
/// for another value, and of two members with one name the first stays.
fn mended(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![b'{'];
    let mut names: Vec<&[u8]> = Vec::new();
    for child in Children::of(bytes) {
        if json::parse(child.name).is_err() || names.len() > 1000 || names.contains(&child.name) {
            continue;
        }
        out.extend_from_slice(if names.is_empty() { b"" } else { b"," });
        out.extend_from_slice(child.name);
        out.push(b':');
        let unread: &[u8] = if child.bytes.starts_with(b"\"") { b"\"unreadable\"" } else { b"null" };
        out.extend_from_slice(if json::parse(child.bytes).is_ok() { child.bytes } else { unread });
        names.push(child.name);
    }
    out.push(b'}');
    out
}

fn first(bytes: &[u8]) -> Option<Child<'_>> {
    Children::of(bytes).next()
}

/// The place that was probably meant to hold the articles, in an object of which nothing can be
/// admitted: whatever is rejected, its reasons say more there. Nothing is lost by it.
pub(super) fn probable_place(bytes: &[u8]) -> Option<Pointer> {
    let Kinds { objects, lists, others, sound } = Kinds::of(bytes);
    let is_of_article = |child: &Child<'_>| OF_ARTICLES.contains(&child.name().as_str());
    if !sound || Children::of(bytes).any(|child| is_of_article(&child)) {
        return None;
    }
    let known: Vec<Child<'_>> = Children::of(bytes)
        .filter(|child| KNOWN.contains(&child.name().as_str()) && (child.is_list() || child.is_object()))
        .collect();
    let only_objects = |bytes: &[u8]| Children::of(bytes).all(|child| child.is_object());
    match known.as_slice() {
        [one] if only_objects(one.bytes) && (one.is_list() || first(one.bytes).is_some()) => {
            Some(Pointer::of(&[Step::Name(one.name()), Step::Each]))
        }
        [] if objects + others == 0 && lists > 0 => {
            let holds_objects = |list: Child<'_>| only_objects(list.bytes) && first(list.bytes).is_some();
            Children::of(bytes).any(holds_objects).then(|| Pointer::of(&[Step::Each, Step::Each]))
        }
        [] if lists + others == 0 && objects > 0 => {
            let article = first(bytes).is_some_and(|one| Children::of(one.bytes).any(|child| is_of_article(&child)));
            article.then(|| Pointer::of(&[Step::Each]))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Articles are objects with a member `text`.
    struct HasText;

    impl Recognise for HasText {
        fn is_article(&self, bytes: &[u8], _names: &Names) -> Option<bool> {
            Some(json::parse(bytes).ok()?.as_object()?.get("text").is_some())
        }
    }

    #[track_caller]
    fn check(text: &str, want: &str) {
        let told = match shape(text.as_bytes(), true, &HasText) {
            Shape::Article => "article".to_owned(),
            Shape::Envelope(places) => {
                let places = places.iter().map(|(pointer, objects)| format!("{pointer} x{objects}"));
                places.collect::<Vec<_>>().join(", ")
            }
        };
        assert_eq!(told, want, "{text}");
    }

    #[test]
    fn articles_are_no_envelopes() {
        check(r#"{"text":"a","items":[{"text":"b"}]}"#, "article");
        check(r#"{"items":[{"text":"b"}],"text":NaN}"#, "article");
        check(r#"{"text":"a\x","items":[{"text":"b"}]}"#, "article");
        check(r#"{"text":"a","text":"b","items":[{"text":"b"}]}"#, "article");
    }

    #[test]
    fn places_of_articles() {
        check("{}", "");
        check(r#"{"items":[],"articles":[{"text":"a"}]}"#, "/articles/* x1");
        check(r#"{"articles":[{"text":"a"},{}],"n":1}"#, "/articles/* x2");
        check(r#"{"articles":[{"text":"a"}],"related":[{"text":"a"}],"n":1}"#, "/articles/* x1, /related/* x1");
        check(r#"{"articles":[{"text":"a"}],"lead":{"text":"a"}}"#, "/articles/* x1, /lead x1");
        check(r#"{"response":{"n":1,"results":[{"text":"a"}]}}"#, "/response/results/* x1");
        check(
            r#"{"hits":{"n":1,"hits":[{"_source":{"text":"a"},"i":1},{"_source":{"text":"b"},"i":2}]}}"#,
            "/hits/hits/*/_source x2",
        );
        check(r#"{"articles":[{"text":"a" x}],"n":1}"#, "/articles/* x1");
        check(r#"{"meta":{"a":NaN},"articles":[{"text":"a"}],"n":1}"#, "/articles/* x1");
        check(r#"{"meta":{"a" 1,"b":{"text":"a"}},"articles":[{"text":"a"}],"n":1}"#, "/articles/* x1, /meta x1");
        check(r#"{"meta":{"a":1,"b":{"text":"a"},x},"articles":[{"text":"a"}],"n":1}"#, "/articles/* x1, /meta x1");
    }

    #[test]
    fn maps_and_groups() {
        check(r#"{"k1":{},"k2":{"text":"a"}}"#, "/* x2");
        check(r#"{"n":1,"data":{"k1":{},"k2":{"text":"a"}}}"#, "/data/* x2");
        check(r#"{"AP":[{"text":"a"}],"AFP":[]}"#, "/*/* x1");
        check(r#"{"AP":[{"text":"a"}],"items":[{"text":"a"}]}"#, "/AP/* x1, /items/* x1");
        check(r#"{"n":1,"by":{"AP":[{"text":"a"}],"AFP":[{}]}}"#, "/by/*/* x2");
        check(r#"{"n":1,"page":{"list":[{"text":"a"}]}}"#, "/page/list/* x1");
    }

    #[test]
    fn what_is_too_deep_to_look_through_is_a_place() {
        let deep = format!("{}{{\"n\":1,\"b\":{{}}}}{}", "{\"n\":1,\"a\":".repeat(9), "}".repeat(9));
        check(&deep, "/a/a/a/a/a/a/a/a x2");
    }

    #[test]
    fn probable_places() {
        let probable = |text: &str| probable_place(text.as_bytes()).map(|pointer| pointer.to_string());
        assert_eq!(probable(r#"{"total":2,"articles":[{}]}"#).as_deref(), Some("/articles/*"));
        assert_eq!(probable(r#"{"total":0,"articles":[]}"#).as_deref(), Some("/articles/*"));
        assert_eq!(probable(r#"{"AP":[{}],"AFP":[]}"#).as_deref(), Some("/*/*"));
        assert_eq!(probable(r#"{"k1":{"title":"x"}}"#).as_deref(), Some("/*"));
        for text in ["{}", r#"{"dep":{"x":1}}"#, r#"{"title":"x","items":[{}]}"#, r#"{"data":[{}],"items":[]}"#] {
            assert_eq!(probable(text), None, "{text}");
        }
    }
}
