//! Rule B5: windows cover calls or time, and conditions on a window open the circuit.

mod conditions;
mod windows;
