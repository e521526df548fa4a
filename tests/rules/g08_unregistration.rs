//! Rule G8: what was registered can be removed, and a lease ends with its last handle.

mod leases;
mod leases_of_budgets;
mod leases_under_modes;
mod racing_leases;
mod removal;
mod unregistration;
