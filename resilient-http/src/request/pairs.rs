//! Pairs `name=value`, as queries and forms have them.

use std::fmt;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use url::form_urlencoded;

use super::fields::Fields;
use super::json_text::json_text;
use crate::error::{BuildError, BuildErrorKind};

type Pairs = Vec<(String, String)>;

/// Returns a struct, a map or a list of pairs as encoded text, in its order. A list becomes one
/// pair for each element, and `None` becomes no pair. `part` is the name of the part in errors.
pub(crate) fn encoded_pairs(
    value: &(impl Serialize + ?Sized),
    kind: BuildErrorKind,
    part: &str,
) -> Result<String, BuildError> {
    let text = json_text(value, kind, part)?;
    let RawPairs(raw) = serde_json::from_str(&text)
        .map_err(|_| BuildError::new(kind, part, "cannot be written as `name=value` pairs"))?;
    let mut pairs = Pairs::with_capacity(raw.len());
    for (name, value) in &raw {
        add_pairs(&mut pairs, name, value, kind)?;
    }
    Ok(encode(&pairs))
}

/// Returns the fields as pairs, in alphabetical order.
pub(crate) fn field_pairs(fields: &Fields, kind: BuildErrorKind) -> Result<Pairs, BuildError> {
    let mut pairs = Vec::new();
    for (name, value) in fields {
        add_pairs(&mut pairs, name, value, kind)?;
    }
    Ok(pairs)
}

pub(crate) fn encode(pairs: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// Sets `name` in an encoded query. It replaces all pairs with this name, and leaves the others
/// exactly as they are, because a server may have signed them.
pub(crate) fn set_pair(query: Option<&str>, name: &str, value: &str) -> String {
    let is_other = |pair: &&str| {
        !pair.is_empty() && form_urlencoded::parse(pair.as_bytes()).all(|(known, _)| known != name)
    };
    let others = query.unwrap_or_default().split('&').filter(is_other);
    let own = form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish();
    others.chain([&*own]).collect::<Vec<_>>().join("&")
}

/// Adds a pair for a plain value, and one for each element of a list.
fn add_pairs(
    pairs: &mut Pairs,
    name: &str,
    value: &RawValue,
    kind: BuildErrorKind,
) -> Result<(), BuildError> {
    let refuse = || {
        let subject = format!("field `{}`", name.escape_debug());
        BuildError::new(kind, subject, "is neither a plain value nor a list of plain values")
    };
    let list: Vec<Box<RawValue>>;
    let values: Vec<&RawValue> = if value.get().starts_with('[') {
        list = serde_json::from_str(value.get()).map_err(|_| refuse())?;
        list.iter().map(AsRef::as_ref).collect()
    } else {
        vec![value]
    };
    for value in values {
        if value.get() != "null" {
            pairs.push((name.to_owned(), plain_text(value).ok_or_else(refuse)?));
        }
    }
    Ok(())
}

/// Returns the text of a string, a number or a boolean. Numbers are copied, because a conversion to
/// a float could change them.
fn plain_text(value: &RawValue) -> Option<String> {
    let text = value.get();
    match text.as_bytes().first()? {
        b'[' | b'{' => None,
        b'"' => serde_json::from_str(text).ok(),
        _ => Some(text.to_owned()),
    }
}

/// An object, or a list of pairs, as names and unparsed values. `null` has no pairs.
struct RawPairs(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for RawPairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RawPairsVisitor;

        impl<'de> Visitor<'de> for RawPairsVisitor {
            type Value = RawPairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object or a list of pairs")
            }

            fn visit_unit<E>(self) -> Result<RawPairs, E> {
                Ok(RawPairs(Vec::new()))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawPairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(RawPairs(pairs))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<RawPairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some((name, value)) = list.next_element::<(Box<RawValue>, _)>()? {
                    let name = Some(name)
                        .filter(|name| name.get() != "null")
                        .and_then(|name| plain_text(&name))
                        .ok_or_else(|| serde::de::Error::custom("a name is not plain"))?;
                    pairs.push((name, value));
                }
                Ok(RawPairs(pairs))
            }
        }

        deserializer.deserialize_any(RawPairsVisitor)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(Serialize)]
    struct Search<'a> {
        text: &'a str,
        tag: Vec<&'a str>,
        limit: Option<u128>,
        exact: bool,
        near: (f32, f64),
        mode: Mode,
    }

    #[derive(Serialize)]
    #[serde(rename_all = "lowercase")]
    enum Mode {
        Fast,
    }

    fn pairs(value: &(impl Serialize + ?Sized)) -> Result<String, BuildError> {
        encoded_pairs(value, BuildErrorKind::Query, "query")
    }

    #[test]
    fn a_list_repeats_its_name_and_the_order_stays() {
        let search = Search {
            text: "tea & more",
            tag: vec!["a", "b"],
            limit: Some(u128::MAX),
            exact: true,
            near: (0.1, 0.25),
            mode: Mode::Fast,
        };
        assert_eq!(
            pairs(&search).unwrap(),
            "text=tea+%26+more&tag=a&tag=b&limit=340282366920938463463374607431768211455\
             &exact=true&near=0.1&near=0.25&mode=fast"
        );
        assert_eq!(
            pairs(&[("tag", ["a", "b"]), ("x", ["c", "d"])]).unwrap(),
            "tag=a&tag=b&x=c&x=d"
        );
        assert_eq!(pairs(&[("z", "1"), ("a", "2"), ("z", "3")]).unwrap(), "z=1&a=2&z=3");
        assert_eq!(pairs(&[(1, 'é')]).unwrap(), "1=%C3%A9");
    }

    #[test]
    fn what_is_absent_has_no_pair() {
        let empty: [&str; 0] = [];
        assert_eq!(pairs(&[("tag", empty)]).unwrap(), "");
        assert_eq!(pairs(&[("a", None), ("b", Some(1))]).unwrap(), "b=1");
        assert_eq!(pairs(&[("a", [None, Some("x")])]).unwrap(), "a=x");
        assert_eq!(pairs(&()).unwrap(), "");
        assert_eq!(pairs(&None::<Search<'_>>).unwrap(), "");
        assert_eq!(pairs(&[("null", "null")]).unwrap(), "null=null");
    }

    #[test]
    fn what_has_no_form_as_pairs_is_refused_and_the_error_names_the_field() {
        let nested = BTreeMap::from([("a", [["b"]])]);
        assert!(pairs(&nested).unwrap_err().to_string().contains("`a`"));
        let object = BTreeMap::from([("a", BTreeMap::from([("b", 1)]))]);
        assert!(pairs(&object).unwrap_err().to_string().contains("`a`"));
        let infinite = pairs(&BTreeMap::from([("a", [1.0, f64::NAN])])).unwrap_err();
        assert_eq!(infinite.to_string(), "field `a[1]` of the query is NaN or infinite");
        for error in [pairs("a=b"), pairs(&7), pairs(&["a", "b"]), pairs(&[(None::<u8>, 1)])] {
            assert_eq!(error.unwrap_err().kind(), BuildErrorKind::Query);
        }
    }

    #[test]
    fn setting_a_pair_replaces_its_name_and_leaves_the_others_as_they_are() {
        for (query, expected) in [
            (None, "key=s+1"),
            (Some(""), "key=s+1"),
            (Some("a=%7E~&b"), "a=%7E~&b&key=s+1"),
            (Some("key=old&a=1&k%65y=older&key"), "a=1&key=s+1"),
            (Some("keys=1&&akey=2"), "keys=1&akey=2&key=s+1"),
        ] {
            assert_eq!(set_pair(query, "key", "s 1"), expected, "{query:?}");
        }
    }
}
