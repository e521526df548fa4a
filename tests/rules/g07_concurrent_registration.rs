//! Rule G7: several threads may register one name at the same time.

mod budget_names;
mod races;
