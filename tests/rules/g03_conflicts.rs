//! Rule G3: the registry reports conflicting settings of one name.

mod budget_conflicts;
mod registry_conflicts;
mod without_settings;
