//! The attributes and the derive work if the runtime has another name and `resilient` is another
//! crate. This is a separate crate, because all modules of a crate share one extern prelude.

extern crate resilient as renamed;
extern crate std as resilient;

mod attributes;
mod derive;
mod time_limits_and_fallbacks;
