//! Rule R15: every retry has a name, under which it is counted, listed and overridden.

mod counts;
mod events;
mod overrides;
mod registered;
mod secrets;
mod sites;
mod snapshots;
mod user_code;
