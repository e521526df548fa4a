//! What a call returns that a breaker rejects.

use resilient::CircuitOpen;
use resilient::breaker::FromCircuitOpen;

/// Makes the result of a call that a breaker rejects. Closures `Fn(CircuitOpen) -> Result<T, E>`
/// implement this trait.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot make the `Result<{T}, {E}>` of a rejected call",
    note = "give the error type of the service `From<resilient::CircuitOpen>`, as \
            `Box<dyn Error + Send + Sync>` has it, or say what a rejected call returns with \
            `on_open`"
)]
pub trait RejectedResult<T, E> {
    /// Returns the result of the rejected call.
    ///
    /// # Errors
    ///
    /// An `Err` is the result of the call.
    fn rejected(&self, open: CircuitOpen) -> Result<T, E>;
}

/// Makes the error of the service from [`CircuitOpen`].
#[derive(Debug, Clone, Copy, Default)]
pub struct IntoError;

impl<T, E: FromCircuitOpen> RejectedResult<T, E> for IntoError {
    fn rejected(&self, open: CircuitOpen) -> Result<T, E> {
        Err(E::circuit_open(open))
    }
}

impl<T, E, F: Fn(CircuitOpen) -> Result<T, E>> RejectedResult<T, E> for F {
    fn rejected(&self, open: CircuitOpen) -> Result<T, E> {
        self(open)
    }
}
