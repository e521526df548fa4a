//! Reads the link to the next page from the header `link` (RFC 8288).

use http::HeaderMap;
use http::header::LINK;

/// The header cannot be read. To take this for the end of the list would lose its later pages.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct MalformedLink;

/// Returns the target of the first link with the relation `next`, as it is written. A link with an
/// `anchor` says something about another document, so it does not count.
pub(super) fn next_link(headers: &HeaderMap) -> Result<Option<&str>, MalformedLink> {
    for value in headers.get_all(LINK) {
        let text = std::str::from_utf8(value.as_bytes()).map_err(|_| MalformedLink)?;
        let mut rest = text.trim_start_matches([' ', '\t', ',']);
        while !rest.is_empty() {
            let after = rest.strip_prefix('<').ok_or(MalformedLink)?;
            let (target, after) = after.split_once('>').ok_or(MalformedLink)?;
            let (parameters, after) = link_parameters(after)?;
            if parameters.is_next && !parameters.has_anchor {
                return Ok(Some(target.trim()));
            }
            rest = after.trim_start_matches([' ', '\t', ',']);
        }
    }
    Ok(None)
}

/// What is known of a link from its parameters.
#[derive(Default)]
struct LinkParameters {
    is_next: bool,
    has_relation: bool,
    has_anchor: bool,
}

/// Reads `; name=value; name="value"` up to the comma after the link, and returns the text from
/// there on.
fn link_parameters(text: &str) -> Result<(LinkParameters, &str), MalformedLink> {
    let mut known = LinkParameters::default();
    let mut rest = text.trim_start();
    while let Some(after) = rest.strip_prefix(';') {
        let after = after.trim_start();
        let end = after.find([';', ',', '=']).unwrap_or(after.len());
        let (name, after) = after.split_at(end);
        let (value, after) = match after.strip_prefix('=') {
            Some(after) => parameter_value(after.trim_start())?,
            None => (String::new(), after),
        };
        let name = name.trim_end();
        // If a link has several relations parameters, only the first one counts.
        if name.eq_ignore_ascii_case("rel") && !known.has_relation {
            let mut relations = value.split_ascii_whitespace();
            known.is_next = relations.any(|relation| relation.eq_ignore_ascii_case("next"));
            known.has_relation = true;
        }
        known.has_anchor |= name.eq_ignore_ascii_case("anchor");
        rest = after.trim_start();
    }
    if rest.is_empty() || rest.starts_with(',') { Ok((known, rest)) } else { Err(MalformedLink) }
}

/// Reads a value with or without quotes, and returns the text after it.
fn parameter_value(text: &str) -> Result<(String, &str), MalformedLink> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([';', ',']).unwrap_or(text.len());
        let (value, after) = text.split_at(end);
        return Ok((value.trim_end().to_owned(), after));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Ok((value, &quoted[at + 1..])),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            _ => value.push(character),
        }
    }
    Err(MalformedLink)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn next(values: &[&str]) -> Result<Option<String>, MalformedLink> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(LINK, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        next_link(&headers).map(|link| link.map(str::to_owned))
    }

    #[test]
    fn the_next_link_is_found_in_every_form_of_the_header() {
        for text in [
            "<x>; rel=\"next\"",
            "<x>;rel=next",
            "< x > ; REL = NEXT ",
            "<x>; rel=\"last next\"",
            "<p,;>; rel=prev, <x>; title=\"a, \\\"b\\\"; <c>\"; rel=next; flag",
            ", ,<p>; rel=prev,, <x>; rel=next, ",
            "<a>; rel=next; anchor=\"/other\", <x>; rel=next",
            "<a>; rel=prev; rel=next, <x>; rel=next",
            "<a>, <x>; rel=\"next\";",
            "<x>; rel=next, <y>; rel=next",
            "<x>; title*=UTF-8''n%c3%a4chste; rel=next",
            "<a>; title=\"é\", <x>; rel=next",
        ] {
            assert_eq!(next(&[text]), Ok(Some("x".to_owned())), "{text}");
        }
        assert_eq!(next(&["<p>; rel=prev", "<x>; rel=next"]), Ok(Some("x".to_owned())));
        assert_eq!(next(&["<>; rel=next"]), Ok(Some(String::new())));
    }

    #[test]
    fn a_header_without_a_next_link_ends_the_list() {
        for text in ["", "<x>", "<x>; rel=prev", "<x>; rel=nextish", "<x>; rel=\"\"", "<x>; next"] {
            assert_eq!(next(&[text]), Ok(None), "{text}");
        }
        assert_eq!(next(&[]), Ok(None));
    }

    #[test]
    fn a_header_that_cannot_be_read_is_an_error_and_not_the_end_of_the_list() {
        for text in [
            "x; rel=next",
            "<x; rel=next",
            "<x>; rel=\"next",
            "<x>; rel=\"next\" y",
            "<x> rel=next",
            "<p>; rel=prev, x",
        ] {
            assert_eq!(next(&[text]), Err(MalformedLink), "{text}");
        }
        let headers = HeaderMap::from_iter([(LINK, HeaderValue::from_bytes(b"<\xff>").unwrap())]);
        assert_eq!(next_link(&headers), Err(MalformedLink));
    }
}
