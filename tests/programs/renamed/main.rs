//! The attributes and the derive work if the runtime has another name and `resilient` is another
//! crate. The names are in the extern prelude, so this is a separate crate.

extern crate resilient as renamed;
extern crate std as resilient;

mod attributes;
mod derive;
mod time_limits_and_fallbacks;
