//! The attributes and the derive work if the user imports our crate under another name, even if
//! the name `resilient` means some other crate (here `std`). This program is a separate crate,
//! because `extern crate … as …` renames for every module of a crate.

extern crate resilient as renamed;
extern crate std as resilient;

mod attributes;
mod derive;
mod time_limits_and_fallbacks;
