//! Canonical URL v1: the one spelling of an article's address that its id is made from.
//!
//! It merges only spellings that name the same page for certain (letter case of the host, default
//! port, needless escapes) and drops only parameters from a fixed list of trackers. It deliberately
//! does not merge `http` with `https`, `www` with the bare domain, AMP with plain pages, or paths
//! with and without a trailing slash, does not sort parameters, and never reads the network. The
//! rules are frozen under the name v1: a different list or rule needs a new version here and a new
//! id prefix in [`id`](super::id).

use std::fmt::Write as _;

use url::Url;

/// Why a text has no canonical URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotCanonical {
    /// The text is not an absolute URL under the WHATWG rules.
    #[error("not an absolute URL: {0}")]
    Unreadable(url::ParseError),
    /// The URL is sound but does not name a web page.
    #[error("not the URL of a web page: the scheme is `{scheme}`, not `http` or `https`")]
    Scheme {
        /// The scheme found, lower-case, without the colon.
        scheme: String,
    },
}

/// Parameters that only say how a reader arrived, by exact name. Case counts: `cmp` may well name
/// an article.
const TRACKERS: [&str; 12] =
    ["gclid", "fbclid", "msclkid", "dclid", "igshid", "mc_cid", "mc_eid", "ref_src", "oref", "srnd", "cmpid", "CMP"];

/// Parameters whose names start like this are trackers too.
const TRACKER_PREFIX: &str = "utm_";

/// The canonical form, version 1, of an absolute `http` or `https` URL.
///
/// In this order: the WHATWG parse (lower-case scheme and IDNA host, dot segments resolved, default
/// port left out), user name and password left out, the fragment left out unless it starts with
/// `!`, escapes spelled `%XX` in upper case and decoded where they stand for an unreserved
/// character (RFC 3986 section 2.3; not where a stray `%` before it would make that a new escape),
/// tracking parameters left out. All other parameters stay as they are, in their order; the `?`
/// goes only when every parameter went. Applying it twice changes nothing more.
///
/// # Errors
///
/// [`NotCanonical`] when the text is no absolute URL or its scheme is another.
pub fn canonical(url: &str) -> Result<String, NotCanonical> {
    let url = parse(url)?;
    let mut out = format!("{}://", url.scheme());
    // Every `http` URL has a host, so the default is never used.
    out.push_str(url.host_str().unwrap_or_default());
    if let Some(port) = url.port() {
        // Writing to a `String` cannot fail.
        let _ = write!(out, ":{port}");
    }
    push_normal_escapes(&mut out, url.path());
    if let Some(query) = url.query() {
        push_query(&mut out, query);
    }
    if let Some(fragment) = url.fragment().filter(|fragment| fragment.starts_with('!')) {
        out.push('#');
        push_normal_escapes(&mut out, fragment);
    }
    Ok(out)
}

/// The host of an absolute `http` or `https` URL: lower-case, IDNA in ASCII, no port; an IPv6
/// address in brackets.
///
/// `None` exactly when [`canonical`] fails. Nothing is taken away: `www.` stays.
pub(crate) fn host(url: &str) -> Option<String> {
    parse(url).ok()?.host_str().map(str::to_owned)
}

fn parse(url: &str) -> Result<Url, NotCanonical> {
    let url = Url::parse(url).map_err(NotCanonical::Unreadable)?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        other => Err(NotCanonical::Scheme { scheme: other.to_owned() }),
    }
}

/// Appends `?` and the parameters that are no trackers; nothing when none is left.
fn push_query(out: &mut String, query: &str) {
    // Escapes come first, so that a tracker cannot hide behind `utm%5Fsource`.
    let mut normal = String::with_capacity(query.len());
    push_normal_escapes(&mut normal, query);
    let mut separator = '?';
    for parameter in normal.split('&').filter(|parameter| !is_tracker(parameter)) {
        out.push(separator);
        out.push_str(parameter);
        separator = '&';
    }
}

fn is_tracker(parameter: &str) -> bool {
    let name = parameter.split_once('=').map_or(parameter, |(name, _)| name);
    name.starts_with(TRACKER_PREFIX) || TRACKERS.contains(&name)
}

/// Appends `text` with every escape in upper case, or decoded where it stands for an unreserved
/// character.
fn push_normal_escapes(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some((plain, tail)) = rest.split_once('%') {
        out.push_str(plain);
        if let Some((byte, after)) = split_escape(tail) {
            if is_unreserved(byte) && !would_complete_escape(out, byte) {
                out.push(char::from(byte));
            } else {
                // Writing to a `String` cannot fail.
                let _ = write!(out, "%{byte:02X}");
            }
            rest = after;
        } else {
            out.push('%');
            rest = tail;
        }
    }
    out.push_str(rest);
}

/// The byte that two hexadecimal digits at the start of `tail` stand for, and what follows them.
fn split_escape(tail: &str) -> Option<(u8, &str)> {
    let (digits, after) = tail.split_at_checked(2)?;
    // The parser below would take a sign for a digit.
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    Some((u8::from_str_radix(digits, 16).ok()?, after))
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Whether `byte` would turn a stray `%` at the end of `out` into an escape, which a second pass
/// would then decode: `%4%31` must not become `%41`. Escapes are written whole, so a `%` among the
/// last two bytes is always a stray one.
fn would_complete_escape(out: &str, byte: u8) -> bool {
    byte.is_ascii_hexdigit()
        && match out.as_bytes() {
            [.., b'%'] => true,
            [.., b'%', digit] => digit.is_ascii_hexdigit(),
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(url: &str, expected: &str) {
        assert_eq!(canonical(url).as_deref(), Ok(expected), "{url}");
        assert_eq!(canonical(expected).as_deref(), Ok(expected), "a second time");
    }

    #[track_caller]
    fn check_same(url: &str) {
        check(url, url);
    }

    #[track_caller]
    fn check_refused(url: &str, message: &str) {
        assert_eq!(canonical(url).map_err(|error| error.to_string()), Err(message.to_owned()));
        assert_eq!(host(url), None);
    }

    #[test]
    fn spellings_of_one_address_become_one() {
        check("HTTPS://News.Example.COM/A", "https://news.example.com/A");
        check("https://news.example", "https://news.example/");
        check("  https://news.example/a\n", "https://news.example/a");
        check("https://news.example:443/a", "https://news.example/a");
        check("http://news.example:80/a", "http://news.example/a");
        check("https://reader:secret@news.example/a", "https://news.example/a");
        check("https://news.example/x/../a/./b", "https://news.example/a/b");
        check("https://news.example/%2e%2E/a", "https://news.example/a");
        check("https://zürich.example/ä", "https://xn--zrich-kva.example/%C3%A4");
        check("https://[2001:DB8::1]/a", "https://[2001:db8::1]/a");
    }

    #[test]
    fn differences_that_may_matter_stay() {
        check_same("http://news.example/a");
        check_same("https://www.news.example/a");
        check_same("https://m.news.example/amp/a");
        check_same("https://news.example/a/");
        check_same("https://news.example:8443/a");
        check_same("https://news.example//a");
        check_same("https://news.example/story?id=105867721");
        check_same("https://news.example/a?");
        check_same("https://news.example./a");
    }

    #[test]
    fn escapes_have_one_spelling() {
        check("https://news.example/%7euser/%41", "https://news.example/~user/A");
        check("https://news.example/a%2fb?q=%c3%a9", "https://news.example/a%2Fb?q=%C3%A9");
        check("https://news.example/a b", "https://news.example/a%20b");
        check_same("https://news.example/a%2520b");
        check_same("https://news.example/?rate=100%");
        check_same("https://news.example/?q=%+1");
    }

    #[test]
    fn decoding_never_makes_a_new_escape() {
        check_same("https://news.example/%4%31");
        check_same("https://news.example/%%341");
        check("https://news.example/%%7E", "https://news.example/%~");
        check("https://news.example/%2%65%65", "https://news.example/%2%65e");
    }

    #[test]
    fn fragments_go_unless_they_name_the_page() {
        check("https://news.example/a#respond", "https://news.example/a");
        check("https://news.example/a#", "https://news.example/a");
        check("https://news.example/#!/a%2d1", "https://news.example/#!/a-1");
    }

    #[test]
    fn trackers_go_and_other_parameters_keep_their_order() {
        for tracker in TRACKERS.iter().chain(&["utm_", "utm_source", "utm%5Fsource"]) {
            check(&format!("https://news.example/a?{tracker}=1"), "https://news.example/a");
            check(&format!("https://news.example/a?z=1&{tracker}&a=%2f"), "https://news.example/a?z=1&a=%2F");
        }
        check("https://news.example/a?utm_source=x#respond", "https://news.example/a");
        check("https://news.example/a?utm_source=x&&b", "https://news.example/a?&b");
    }

    #[test]
    fn what_only_looks_like_a_tracker_stays() {
        check_same("https://news.example/a?cmp=1&GCLID=2&UTM_source=3");
        check_same("https://news.example/a?ref=home?ref=home");
        check_same("https://news.example/a?xutm_source=1&gclid2=2");
        check_same("https://news.example/a?b=1;utm_source=2");
        check_same("https://news.example/utm_source=1");
    }

    #[test]
    fn other_texts_are_refused() {
        check_refused("", "not an absolute URL: relative URL without a base");
        check_refused("/a", "not an absolute URL: relative URL without a base");
        check_refused("https://", "not an absolute URL: empty host");
        check_refused(
            "mailto:desk@news.example",
            "not the URL of a web page: the scheme is `mailto`, not `http` or `https`",
        );
        check_refused("FTP://news.example/a", "not the URL of a web page: the scheme is `ftp`, not `http` or `https`");
    }

    #[test]
    fn the_host_is_lower_case_ascii() {
        assert_eq!(host("https://WWW.News.Example:8443/a").as_deref(), Some("www.news.example"));
        assert_eq!(host("https://zürich.example").as_deref(), Some("xn--zrich-kva.example"));
        assert_eq!(host("https://[2001:DB8::1]/").as_deref(), Some("[2001:db8::1]"));
    }

    proptest! {
        #[test]
        fn canonical_twice_is_canonical_once(
            tail in "([%&=?#!/.a-fE0-9 \\\\é~+;:@]|%[0-9a-fA-F]{2}|utm_|gclid|%2e){0,24}",
        ) {
            let once = canonical(&format!("https://News.example{tail}"));
            if let Ok(once) = once {
                prop_assert_eq!(canonical(&once), Ok(once));
            }
        }

        #[test]
        fn any_text_is_answered(text in "\\PC{0,40}") {
            prop_assert_eq!(canonical(&text).is_ok(), host(&text).is_some());
        }
    }
}
