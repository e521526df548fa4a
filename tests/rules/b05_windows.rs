//! Rule B5: windows of calls and of time, and the conditions on them.

mod conditions;
mod windows;
