//! Reference forms, each with what it leads to.

use serde_json::json;

use super::*;
use crate::json;

fn graph(schema: &Json) -> Graph {
    Graph::new(json::parse(schema.to_string().as_bytes()).expect("valid JSON").into_owned()).expect("a schema")
}

/// What `$ref` or `$dynamicRef` at a pointer leads to, and whether columns follow it.
#[track_caller]
fn check(schema: &Json, holder: &str, want: &str) {
    let graph = graph(schema);
    let id = graph.node_at(holder).expect("a subschema");
    let (_, reference) = graph[id].references().next().expect("a reference");
    let target = match reference.target {
        Target::Node(id) => format!("\"{}\"", graph[id].pointer),
        other => format!("{other:?}").to_lowercase(),
    };
    let got = if graph.followed(reference).is_some() { format!("{target}, followed") } else { target };
    assert_eq!(got, want, "{holder} in {schema}");
}

#[test]
fn references_within_one_resource() {
    for (reference, want) in [
        ("#", "\"\", followed"),
        ("#/$defs/plain", "\"/$defs/plain\", followed"),
        ("#/$defs/a~1b", "\"/$defs/a~1b\", followed"),
        ("#/$defs/m~0n", "\"/$defs/m~0n\", followed"),
        ("#/$defs/m~n", "\"/$defs/m~0n\", followed"),
        ("#/$defs/a b", "\"/$defs/a b\", followed"),
        ("#/$defs/a%20b", "\"/$defs/a b\""),
        ("#/%24defs/plain", "\"/$defs/plain\""),
        ("#/$defs/list/prefixItems/1", "\"/$defs/list/prefixItems/1\", followed"),
        ("#/$defs/list/prefixItems/01", "nowhere"),
        ("#/$defs/list/prefixItems/2", "nowhere"),
        ("#/$defs/never", "\"/$defs/never\", followed"),
        ("#anchored", "\"/$defs/anchor\""),
        ("#dynamic", "\"/$defs/dynamic\""),
        ("#data", "nowhere"),
        ("#named", "\"/properties/default\""),
        ("#/properties/default", "\"/properties/default\", followed"),
        ("#/properties", "data"),
        ("#/$defs/list/prefixItems", "data"),
        ("#/default", "data"),
        ("#/default/below", "data"),
        ("#/default/beyond", "nowhere"),
        ("#/$defs", "data"),
        ("#/$defs/missing", "nowhere"),
        ("#/x-unknown", "data"),
        ("#%", "nowhere"),
        ("#/%FF", "malformed"),
        ("https://schema.invalid/#/$defs/plain", "\"/$defs/plain\""),
        ("https://schema.invalid/", "\"\""),
        ("https://example.org/other", "elsewhere"),
        ("other.json", "elsewhere"),
        ("http://[", "malformed"),
    ] {
        let schema = json!({
            "items": { "$ref": reference },
            "properties": { "default": { "$anchor": "named" } },
            "default": { "below": { "$anchor": "data" } },
            "x-unknown": {},
            "$defs": {
                "plain": {}, "a/b": {}, "m~n": {}, "a b": {}, "never": false,
                "list": { "prefixItems": [{}, {}] },
                "anchor": { "$anchor": "anchored" },
                "dynamic": { "$dynamicAnchor": "dynamic" },
            },
        });
        check(&schema, "/items", want);
    }
}

#[test]
fn references_between_resources() {
    let schema = |holder: &str, reference: &str| {
        let mut schema = json!({
            "$id": "https://example.org/root",
            "items": {},
            "$defs": {
                "outer": { "$id": "folder/outer", "not": {}, "$defs": {
                    "x": { "$anchor": "x" },
                    "inner": { "$id": "inner", "not": {}, "$defs": { "x": { "$anchor": "x" } } },
                } },
                "urn": { "$id": "urn:example:a", "not": {} },
                "x": { "$anchor": "x" },
            },
        });
        schema.pointer_mut(holder).expect("a subschema")["$ref"] = json!(reference);
        schema
    };
    for (holder, reference, want) in [
        ("/items", "#/$defs/x", "\"/$defs/x\""),
        ("/items", "#x", "\"/$defs/x\""),
        ("/items", "root#x", "\"/$defs/x\""),
        ("/items", "folder/outer", "\"/$defs/outer\""),
        ("/items", "folder/outer#x", "\"/$defs/outer/$defs/x\""),
        ("/items", "folder/inner#/$defs/x", "\"/$defs/outer/$defs/inner/$defs/x\""),
        ("/items", "inner", "elsewhere"),
        ("/items", "urn:example:a", "\"/$defs/urn\""),
        ("/$defs/outer/not", "#", "\"/$defs/outer\""),
        ("/$defs/outer/not", "#x", "\"/$defs/outer/$defs/x\""),
        ("/$defs/outer/not", "#/$defs/y", "nowhere"),
        ("/$defs/outer/not", "inner", "\"/$defs/outer/$defs/inner\""),
        ("/$defs/outer/$defs/inner/not", "#x", "\"/$defs/outer/$defs/inner/$defs/x\""),
        ("/$defs/outer/$defs/inner/not", "../root", "\"\""),
        ("/$defs/urn/not", "#", "\"/$defs/urn\""),
        ("/$defs/urn/not", "inner", "elsewhere"),
    ] {
        check(&schema(holder, reference), holder, want);
    }
}

/// The graph has a node for each subschema of the document, however often references repeat it.
#[test]
fn references_that_repeat_add_no_nodes() {
    let levels: Map<String, Json> = (0..100)
        .map(|level| {
            (
                level.to_string(),
                json!({ "allOf": vec![json!({ "$ref": format!("#/$defs/{}", (level + 1) % 100) }); 2] }),
            )
        })
        .collect();
    let schema = json!({ "$ref": "#/$defs/0", "$defs": levels });
    assert_eq!(graph(&schema).nodes().count(), 301);
    check(&schema, "/$defs/99/allOf/1", "\"/$defs/0\", followed");
}

#[test]
fn identities_are_unique() {
    for (schema, want) in [
        (json!({ "$defs": { "a": { "$id": "urn:a" }, "b": { "$id": "urn:a" } } }), "/$defs/b/$id"),
        (json!({ "$id": "urn:a", "not": { "$id": "urn:a" } }), "/not/$id"),
        (json!({ "not": { "$id": "a#b" } }), "/not/$id"),
        (json!({ "not": { "$id": "http://[" } }), "/not/$id"),
        (json!({ "$id": "urn:a", "not": { "$id": "b" } }), "/not/$id"),
    ] {
        let document = json::parse(schema.to_string().as_bytes()).expect("valid JSON").into_owned();
        assert_eq!(Graph::new(document).expect_err("an identity that cannot be used").pointer, want, "{schema}");
    }
}

#[test]
fn values_are_found_by_their_pointers() {
    let schema = json!({
        "required": ["a", "b"],
        "properties": { "a/b": { "enum": [{ "c": 1 }] }, "ok": true },
        "allOf": [{ "$ref": "#" }],
        "items": [],
    });
    let graph = graph(&schema);
    for (pointer, want) in [
        ("", "node"),
        ("/required", r#"["a","b"]"#),
        ("/required/1", r#""b""#),
        ("/required/2", "nothing"),
        ("/properties", "content"),
        ("/properties/a~1b", "node"),
        ("/properties/a~1b/enum/0/c", "1"),
        ("/properties/ok", "node"),
        ("/properties/ok/type", "nothing"),
        ("/properties/missing", "nothing"),
        ("/allOf/0/$ref", "content"),
        ("/items", "node"),
        ("/items/0", "nothing"),
        ("required", "nothing"),
    ] {
        let got = match graph.at(pointer) {
            Some(Found::Node(_)) => "node".to_owned(),
            Some(Found::Content(_)) => "content".to_owned(),
            Some(Found::Data(value)) => value.to_serde().to_string(),
            None => "nothing".to_owned(),
        };
        assert_eq!(got, want, "{pointer}");
    }
}

proptest::proptest! {
    /// Nothing of a document is lost in the graph.
    #[test]
    fn a_graph_has_the_whole_document(value in json::tests::any_json()) {
        for schema in [value.clone(), json!({ "properties": { "a": value, "b": { "allOf": [value, true] } } })] {
            let document = json::parse(schema.to_string().as_bytes()).expect("valid JSON").into_owned();
            let graph = Graph::new(document.clone()).expect("a schema");
            proptest::prop_assert_eq!(graph.to_serde(NodeId::ROOT, &mut |_, _| {}), document.to_serde());
            proptest::prop_assert!(graph.is_same(NodeId::ROOT, &graph, NodeId::ROOT));
        }
    }
}
