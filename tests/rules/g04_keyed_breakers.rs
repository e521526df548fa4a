//! Rule G4: keyed breakers.

mod eviction;
mod keyed;
