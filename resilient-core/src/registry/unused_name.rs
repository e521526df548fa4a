//! Names that no entry has yet.

use std::panic::Location;

use crate::signal::Name;

/// Returns `name`, or, if an entry already has that name, a longer name that contains the source
/// location. Two functions with the same path would otherwise share a default name. An entry of
/// another kind can have the name, too.
pub(super) fn unused_name(
    name: &Name,
    place: &'static Location<'static>,
    is_taken: impl Fn(&Name) -> bool,
) -> Name {
    std::iter::once(name.clone())
        .chain(names_with_place(name, place))
        .find(|candidate| !is_taken(candidate))
        .unwrap_or_else(|| name.clone())
}

/// Returns candidates for a name: with the line of the source location, then also with its column,
/// then also with a counter.
fn names_with_place(
    name: &Name,
    place: &'static Location<'static>,
) -> impl Iterator<Item = Name> + use<> {
    let (prefix, column) = (place_prefix(name, place), place.column());
    (0_u32..).map(move |tries| {
        Name::from(match tries {
            0 => format!("{prefix})"),
            1 => format!("{prefix}:{column})"),
            _ => format!("{prefix}:{column} #{tries})"),
        })
    })
}

/// Returns the beginning of all names of [`names_with_place`].
pub(super) fn place_prefix(name: &Name, place: &Location<'_>) -> String {
    format!("{} ({}:{}", &**name, place.file(), place.line())
}
