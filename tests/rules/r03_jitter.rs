//! Rule R3: jitter varies the delays.

mod spread;
mod worst_case;
