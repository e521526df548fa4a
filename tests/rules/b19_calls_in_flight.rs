//! Rule B19: a breaker counts its calls in flight, and overdue calls open the circuit.

mod counts;
mod nested;
mod overdue;
mod probes;
mod random;
mod settings;
mod support;
mod threads;
