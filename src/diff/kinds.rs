//! The type of a column in several files: the widest type, or all of them.
//!
//! These are names for reports. Values are compared by what they are, so no comparison depends on them.

/// Types, each of which holds all values of those before it.
const CHAINS: [&[&str]; 6] = [
    &["int8", "int16", "int32", "int64"],
    &["uint8", "uint16", "uint32", "uint64"],
    &["float16", "float32", "float64"],
    &["timestamp[s]", "timestamp[ms]", "timestamp[us]", "timestamp[ns]"],
    &["timestamp[s, UTC]", "timestamp[ms, UTC]", "timestamp[us, UTC]", "timestamp[ns, UTC]"],
    &["duration[s]", "duration[ms]", "duration[us]", "duration[ns]"],
];
/// The type of a column without values.
const NOTHING: &str = "null";

/// The type of a column that has these types in the files of one side.
pub(super) fn united<'k>(kinds: impl Iterator<Item = &'k str>) -> String {
    let mut kinds: Vec<&str> = kinds.filter(|kind| *kind != NOTHING).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let widest = CHAINS.iter().find_map(|chain| {
        let ranks = kinds.iter().map(|kind| chain.iter().position(|known| known == kind));
        ranks.collect::<Option<Vec<usize>>>()?.into_iter().max().map(|rank| chain[rank])
    });
    match widest {
        Some(widest) => widest.to_owned(),
        None if kinds.is_empty() => NOTHING.to_owned(),
        None => kinds.join(" or "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(kinds: &[&str], want: &str) {
        assert_eq!(united(kinds.iter().copied()), want);
        assert_eq!(united(kinds.iter().rev().copied()), want);
    }

    #[test]
    fn the_widest_type_is_named() {
        check(&["string"], "string");
        check(&["null"], "null");
        check(&["null", "date"], "date");
        check(&["int64", "int32", "int32"], "int64");
        check(&["timestamp[ms]", "timestamp[ns]"], "timestamp[ns]");
        check(&["int64", "uint8"], "int64 or uint8");
        check(&["string", "int32", "null"], "int32 or string");
    }
}
