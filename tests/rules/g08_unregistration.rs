//! Rule G8: code can unregister a breaker, a group or a budget. A lease ends when its last handle
//! is dropped.

mod leases;
mod leases_of_budgets;
mod leases_under_modes;
mod racing_leases;
mod removal;
mod unique_names;
mod unregistration;
