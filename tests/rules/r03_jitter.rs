//! Rule R3: jitter.

mod spread;
mod worst_case;
