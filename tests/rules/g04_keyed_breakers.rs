//! Rule G4: each key has a breaker, and the number of keys is bounded.

mod eviction;
mod eviction_after_modes;
mod keyed;
