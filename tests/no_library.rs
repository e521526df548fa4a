//! Empty: Cargo requires a library or a program in each package, and this one has only tests.
