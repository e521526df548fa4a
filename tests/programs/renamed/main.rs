//! The attributes and the derive where the crate has another name, and `resilient` is another
//! crate: names in the extern prelude, so a crate of its own.

extern crate resilient as renamed;
extern crate std as resilient;

mod attributes;
mod derive;
mod time_limits_and_fallbacks;
