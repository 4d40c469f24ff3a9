//! From a page of a dump to an article: title, text and images, and nothing that the page does
//! not say. The only dates of a page stand in captions and are the photographs'; they stay there.

use super::change::{Changed, Changes};
use crate::input::pages::{DropRule, Image, Page};
use crate::json::{Object, Value};

/// The article of a page, and what was left out on the way, a line at a time.
pub(super) fn article(page: &Page) -> (Object<'static>, Changes) {
    let mut article = Object::new();
    article.insert("title", text(&page.title));
    if !page.images.is_empty() {
        article.insert("images", Value::Array(page.images.iter().map(image).collect()));
    }
    article.insert("text", text(&page.paragraphs.join("\n\n")));
    let dropped = page.drops.iter().flat_map(|drop| {
        let lines = usize::try_from(drop.lines.last - drop.lines.first + 1).unwrap_or(usize::MAX);
        std::iter::repeat_n((Changed::Named(field(drop.rule)), drop.rule.name()), lines)
    });
    (article, dropped.collect())
}

fn image(image: &Image) -> Value<'static> {
    let mut object = Object::new();
    if !image.caption.is_empty() {
        object.insert("caption", text(&image.caption));
    }
    if let Some(credit) = &image.credit {
        object.insert("credit", text(credit));
    }
    Value::Object(object)
}

/// The field that a dropped line would otherwise have gone to.
fn field(rule: DropRule) -> &'static str {
    match rule {
        DropRule::RepeatedTitle => "title",
        DropRule::RepeatedCaption => "images",
        DropRule::ControlLine | DropRule::RepeatedLine | DropRule::BlankLines => "text",
    }
}

fn text(text: &str) -> Value<'static> {
    Value::String(text.to_owned().into())
}
