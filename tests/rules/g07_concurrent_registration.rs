//! Rule G7: concurrent registration.

mod budget_names;
mod races;
