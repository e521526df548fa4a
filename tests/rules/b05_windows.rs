//! Rule B5: windows.

mod conditions;
mod windows;
