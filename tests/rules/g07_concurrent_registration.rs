//! Rule G7: threads that register one name at the same time.

mod budget_names;
mod races;
