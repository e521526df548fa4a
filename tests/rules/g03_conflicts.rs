//! Rule G3: conflicting settings of one name.

mod budget_conflicts;
mod registry_conflicts;
