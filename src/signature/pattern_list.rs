//! [`matches_list`]: lists of patterns as OpenSSH has them (PATTERNS in `ssh_config(5)`).

/// Whether `text` matches a comma-separated list of patterns: one of them, and none that starts with `!`. `*` is any
/// number of characters, `?` is one.
pub(super) fn matches_list(text: &str, list: &str) -> bool {
    let mut is_match = false;
    for pattern in list.split(',') {
        match pattern.strip_prefix('!') {
            Some(excluded) if matches(text.as_bytes(), excluded.as_bytes()) => return false,
            Some(_) => {}
            None => is_match |= matches(text.as_bytes(), pattern.as_bytes()),
        }
    }
    is_match
}

/// Whether `text` matches one pattern. A mismatch goes back to the last `*` alone, so the time is at most the
/// product of both lengths.
fn matches(text: &[u8], pattern: &[u8]) -> bool {
    let (mut at, mut next) = (0, 0);
    let mut star = None;
    while at < text.len() {
        match pattern.get(next) {
            Some(b'*') => {
                star = Some((next, at));
                next += 1;
            }
            Some(byte) if *byte == b'?' || *byte == text[at] => {
                at += 1;
                next += 1;
            }
            _ => {
                let Some((pattern, consumed)) = star else { return false };
                star = Some((pattern, consumed + 1));
                (next, at) = (pattern + 1, consumed + 1);
            }
        }
    }
    pattern[next..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists() {
        let lists = [
            ("pressmark", true),
            ("git,pressmark", true),
            ("*", true),
            ("press*", true),
            ("*mark", true),
            ("p*s*k", true),
            ("press????", true),
            ("**", true),
            ("press???", false),
            ("Pressmark", false),
            ("press", false),
            ("pressmark2", false),
            ("git,file", false),
            ("", false),
            ("!git", false),
            ("*,!git", true),
            ("*,!press*", false),
            ("!pressmark,*", false),
            ("pressmark,", true),
        ];
        for (list, want) in lists {
            assert_eq!(matches_list("pressmark", list), want, "{list}");
        }
    }

    #[test]
    fn patterns_that_go_back_end() {
        let pattern = ["*a".repeat(500), "b".to_owned()].concat();
        assert!(!matches_list(&"a".repeat(5000), &pattern));
    }
}
