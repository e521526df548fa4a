//! Rule G3: conflicts.

mod budget_conflicts;
mod registry_conflicts;
