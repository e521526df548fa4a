//! Rule G4: keyed breakers.

mod eviction;
mod eviction_after_modes;
mod keyed;
