//! Rule G7: several threads may register one name at the same time.

mod budget_names;
mod changes_under_construction;
mod races;
