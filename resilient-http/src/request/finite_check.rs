//! Finds numbers that JSON cannot express.

use std::fmt::{self, Write as _};

use serde::Serialize;
use serde::ser;

const LONGEST_PATH: usize = 80;

/// Returns the path of the first `NaN` or infinity in a value, such as `items[2].price`.
pub(super) fn find_infinite(value: &(impl Serialize + ?Sized)) -> Option<String> {
    match value.serialize(Place { parent: None, step: Step::Root }) {
        Err(CheckError::Infinite(path)) => Some(path),
        // JSON has been written, so another error says nothing about the value.
        Ok(()) | Err(CheckError::Other) => None,
    }
}

/// A place in the value: the serializer of the part that stands there.
#[derive(Clone, Copy)]
struct Place<'a> {
    parent: Option<&'a Place<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Field(&'a str),
    Item(usize),
}

#[derive(Debug)]
enum CheckError {
    Infinite(String),
    Other,
}

impl Place<'_> {
    fn check(&self, is_finite: bool) -> Result<(), CheckError> {
        if is_finite {
            return Ok(());
        }
        let mut path = String::new();
        self.write(&mut path);
        if path.len() > LONGEST_PATH {
            path = path.chars().take(LONGEST_PATH).chain("…".chars()).collect();
        }
        Err(CheckError::Infinite(path))
    }

    fn write(&self, path: &mut String) {
        if let Some(parent) = self.parent {
            parent.write(path);
        }
        match self.step {
            Step::Root => {}
            Step::Field(name) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.extend(name.escape_debug());
            }
            // Writing to a string cannot fail.
            Step::Item(index) => drop(write!(path, "[{index}]")),
        }
    }

    fn field<'b>(&'b self, name: &'b str) -> Place<'b> {
        Place { parent: Some(self), step: Step::Field(name) }
    }
}

/// The elements of a list, or the entries of a map.
struct Parts<'a> {
    place: Place<'a>,
    next: usize,
    key: String,
}

impl Parts<'_> {
    fn item(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), CheckError> {
        let step = Step::Item(self.next);
        self.next += 1;
        value.serialize(Place { parent: Some(&self.place), step })
    }

    fn entry(&self, name: &str, value: &(impl Serialize + ?Sized)) -> Result<(), CheckError> {
        value.serialize(self.place.field(name))
    }
}

/// A variant with contents, which JSON writes as an object with one field.
struct VariantParts<'a> {
    parent: Place<'a>,
    name: &'static str,
    next: usize,
}

impl VariantParts<'_> {
    fn item(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), CheckError> {
        let place = self.parent.field(self.name);
        let step = Step::Item(self.next);
        self.next += 1;
        value.serialize(Place { parent: Some(&place), step })
    }
}

macro_rules! accept {
    ($($method:ident($($argument:ty),*);)+) => {$(
        fn $method(self $(, _: $argument)*) -> Result<(), CheckError> {
            Ok(())
        }
    )+};
}

impl<'a> ser::Serializer for Place<'a> {
    type Ok = ();
    type Error = CheckError;
    type SerializeSeq = Parts<'a>;
    type SerializeTuple = Parts<'a>;
    type SerializeTupleStruct = Parts<'a>;
    type SerializeTupleVariant = VariantParts<'a>;
    type SerializeMap = Parts<'a>;
    type SerializeStruct = Parts<'a>;
    type SerializeStructVariant = VariantParts<'a>;

    accept! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_i128(i128);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_u128(u128);
        serialize_char(char);
        serialize_str(&str);
        serialize_bytes(&[u8]);
        serialize_none();
        serialize_unit();
        serialize_unit_struct(&'static str);
        serialize_unit_variant(&'static str, u32, &'static str);
    }

    fn serialize_f32(self, number: f32) -> Result<(), CheckError> {
        self.check(number.is_finite())
    }

    fn serialize_f64(self, number: f64) -> Result<(), CheckError> {
        self.check(number.is_finite())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), CheckError> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), CheckError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), CheckError> {
        value.serialize(self.field(variant))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Parts<'a>, CheckError> {
        Ok(Parts { place: self, next: 0, key: String::new() })
    }

    fn serialize_tuple(self, _: usize) -> Result<Parts<'a>, CheckError> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Parts<'a>, CheckError> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<VariantParts<'a>, CheckError> {
        Ok(VariantParts { parent: self, name, next: 0 })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Parts<'a>, CheckError> {
        self.serialize_seq(None)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Parts<'a>, CheckError> {
        self.serialize_seq(None)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<VariantParts<'a>, CheckError> {
        Ok(VariantParts { parent: self, name, next: 0 })
    }
}

macro_rules! list_of {
    ($($of:ty, $kind:ident, $method:ident;)+) => {$(
        impl ser::$kind for $of {
            type Ok = ();
            type Error = CheckError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CheckError> {
                self.item(value)
            }

            fn end(self) -> Result<(), CheckError> {
                Ok(())
            }
        }
    )+};
}

list_of! {
    Parts<'_>, SerializeSeq, serialize_element;
    Parts<'_>, SerializeTuple, serialize_element;
    Parts<'_>, SerializeTupleStruct, serialize_field;
    VariantParts<'_>, SerializeTupleVariant, serialize_field;
}

impl ser::SerializeMap for Parts<'_> {
    type Ok = ();
    type Error = CheckError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), CheckError> {
        let key = serde_json::to_value(key).map_err(|_| CheckError::Other)?;
        self.key = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CheckError> {
        self.entry(&self.key, value)
    }

    fn end(self) -> Result<(), CheckError> {
        Ok(())
    }
}

impl ser::SerializeStruct for Parts<'_> {
    type Ok = ();
    type Error = CheckError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), CheckError> {
        self.entry(name, value)
    }

    fn end(self) -> Result<(), CheckError> {
        Ok(())
    }
}

impl ser::SerializeStructVariant for VariantParts<'_> {
    type Ok = ();
    type Error = CheckError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), CheckError> {
        value.serialize(self.parent.field(self.name).field(name))
    }

    fn end(self) -> Result<(), CheckError> {
        Ok(())
    }
}

impl ser::Error for CheckError {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Other
    }
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value cannot be checked")
    }
}

impl std::error::Error for CheckError {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(Serialize)]
    enum Shape {
        Point,
        Circle(f32),
        Line(u8, f32),
        Box { width: f64 },
    }

    #[derive(Serialize)]
    struct Metres(f64);

    #[derive(Serialize)]
    struct Distances(Metres, Metres);

    #[derive(Serialize)]
    struct Order<'a> {
        id: u128,
        note: Option<&'a str>,
        prices: Vec<f64>,
        by_name: BTreeMap<&'a str, (f32, f32)>,
        by_number: BTreeMap<u8, f32>,
        shapes: Vec<Shape>,
    }

    fn order() -> Order<'static> {
        Order {
            id: u128::MAX,
            note: None,
            prices: vec![1.5, f64::MAX],
            by_name: BTreeMap::from([("a", (0.0, -0.0))]),
            by_number: BTreeMap::from([(7, 1.0)]),
            shapes: vec![Shape::Point, Shape::Circle(1.0), Shape::Line(1, 2.0)],
        }
    }

    #[test]
    fn the_path_leads_to_the_first_number_that_is_not_finite() {
        assert_eq!(find_infinite(&order()), None);
        let found = |change: fn(&mut Order<'_>)| {
            let mut order = order();
            change(&mut order);
            find_infinite(&order).unwrap_or_default()
        };
        assert_eq!(found(|it| it.prices[1] = f64::NAN), "prices[1]");
        let in_map = found(|it| it.by_name = [("b c", (1.0, f32::INFINITY))].into());
        assert_eq!(in_map, "by_name.b c[1]");
        let by_number = found(|it| it.by_number = [(9, f32::NEG_INFINITY)].into());
        assert_eq!(by_number, "by_number.9");
        let variant = found(|it| it.shapes[1] = Shape::Circle(f32::NAN));
        assert_eq!(variant, "shapes[1].Circle");
        let variant = found(|it| it.shapes[2] = Shape::Line(1, f32::NAN));
        assert_eq!(variant, "shapes[2].Line[1]");
        let variant = found(|it| it.shapes[0] = Shape::Box { width: f64::NAN });
        assert_eq!(variant, "shapes[0].Box.width");
        let distances = Distances(Metres(1.0), Metres(f64::NAN));
        assert_eq!(find_infinite(&distances).as_deref(), Some("[1]"));
        assert_eq!(find_infinite(&f32::NAN).as_deref(), Some(""));
        let long = BTreeMap::from([("x".repeat(200), f32::NAN)]);
        assert!(find_infinite(&long).is_some_and(|path| path.chars().count() == LONGEST_PATH + 1));
    }
}
