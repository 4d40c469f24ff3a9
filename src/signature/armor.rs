//! The armored blocks of `SHA256SUMS.sig`, as `ssh-keygen` writes them, one after another.
//!
//! The form is strict, so that each signature has one: no text between blocks, lines of 70 characters, `\n`. What
//! is in a block is not decided here.

const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----\n";
const END: &str = "-----END SSH SIGNATURE-----\n";
/// How many characters a line of a block has; the last one may have fewer.
const WIDTH: usize = 70;

/// The blocks of the file, at least one, each with its first and last line.
///
/// # Errors
/// What is wrong, with the line.
pub(super) fn blocks(bytes: &[u8]) -> Result<Vec<&str>, String> {
    let text = str::from_utf8(bytes).map_err(|error| {
        let (line, _column) = crate::text::line_and_column(bytes, error.valid_up_to());
        format!("line {line}: not an SSH signature")
    })?;
    if text.is_empty() {
        return Err("the file is empty".to_owned());
    }
    let (mut blocks, mut rest, mut line) = (Vec::new(), text, 1);
    while !rest.is_empty() {
        let block = block(rest).map_err(|(at, message)| format!("line {}: {message}", line + at))?;
        line += block.matches('\n').count();
        rest = &rest[block.len()..];
        blocks.push(block);
    }
    Ok(blocks)
}

/// The block at the start of `text`. An error has the number of the line in the block, from 0.
fn block(text: &str) -> Result<&str, (usize, &'static str)> {
    let body = text.strip_prefix(BEGIN).ok_or((0, "expected `-----BEGIN SSH SIGNATURE-----`"))?;
    let mut length = BEGIN.len();
    let mut is_last = false;
    for (at, line) in body.split_inclusive('\n').enumerate() {
        length += line.len();
        if line == END && at > 0 {
            return Ok(&text[..length]);
        }
        let Some(content) = line.strip_suffix('\n').filter(|_| !is_last) else {
            return Err((at + 1, "expected `-----END SSH SIGNATURE-----`"));
        };
        let is_base64 = content.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte));
        if !is_base64 || content.is_empty() || content.len() > WIDTH {
            return Err((at + 1, "expected base64 in lines of 70 characters"));
        }
        is_last = content.len() < WIDTH;
    }
    Err((text.lines().count(), "expected `-----END SSH SIGNATURE-----`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: Result<usize, &str>) {
        let found = blocks(text.as_bytes());
        assert_eq!(found.as_ref().map(Vec::len).map_err(String::as_str), want, "{text:?}");
        if let Ok(blocks) = found {
            assert_eq!(blocks.concat(), text);
        }
    }

    #[test]
    fn forms() {
        let full = "A".repeat(70);
        let one = format!("{BEGIN}{full}\nBBBB\n{END}");
        check(&one, Ok(1));
        check(&format!("{one}{one}{one}"), Ok(3));
        check(&format!("{BEGIN}{full}\n{END}"), Ok(1));
        check("", Err("the file is empty"));
        check("\n", Err("line 1: expected `-----BEGIN SSH SIGNATURE-----`"));
        check(&format!("{one}\n"), Err("line 5: expected `-----BEGIN SSH SIGNATURE-----`"));
        check(&format!("{one}note\n{one}"), Err("line 5: expected `-----BEGIN SSH SIGNATURE-----`"));
        check(&one.replace('\n', "\r\n"), Err("line 1: expected `-----BEGIN SSH SIGNATURE-----`"));
        check(&format!("{BEGIN}{END}"), Err("line 2: expected base64 in lines of 70 characters"));
        check(&format!("{BEGIN}BBBB\n{full}\n{END}"), Err("line 3: expected `-----END SSH SIGNATURE-----`"));
        check(&format!("{BEGIN}{full}A\n{END}"), Err("line 2: expected base64 in lines of 70 characters"));
        check(&format!("{BEGIN}BB BB\n{END}"), Err("line 2: expected base64 in lines of 70 characters"));
        check(&format!("{BEGIN}BBBB\n\n{END}"), Err("line 3: expected `-----END SSH SIGNATURE-----`"));
        check(&format!("{BEGIN}{full}\n"), Err("line 3: expected `-----END SSH SIGNATURE-----`"));
        check(BEGIN, Err("line 2: expected `-----END SSH SIGNATURE-----`"));
        check(one.trim_end(), Err("line 4: expected `-----END SSH SIGNATURE-----`"));
        assert_eq!(blocks(b"\n\xff"), Err("line 2: not an SSH signature".to_owned()));
    }
}
