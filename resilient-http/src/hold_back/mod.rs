//! Holds back calls to an origin after the server has refused a request and named a time to wait.

mod client_holds;
mod hold_waiter;
mod on_rate_limit;
mod origin_hold;
mod pace;
mod pacer;
mod refusal;
mod sent_requests;
mod wait_time;
mod waiting_line;

pub(crate) use self::client_holds::ClientHolds;
pub(crate) use self::hold_waiter::HoldWaiter;
pub use self::on_rate_limit::OnRateLimit;
pub(crate) use self::origin_hold::{OriginHold, WaitLimits};
