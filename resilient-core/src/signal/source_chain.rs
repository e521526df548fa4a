//! Finds the rejection by a breaker in the sources of an error.

use std::error::Error;
use std::io;
use std::sync::Arc;

use super::{CircuitOpen, Classification};

/// The most errors of a chain that are examined. A longer chain is a mistake, for example an error
/// that is its own source.
const MOST: usize = 64;

impl CircuitOpen {
    // R9
    /// Finds the rejection by a circuit breaker in an error or in its sources. Examines at most the
    /// first 64 errors of the chain.
    ///
    /// ```
    /// use resilient_core::breaker::{BreakerConfig, CircuitBreaker, CircuitOpen};
    /// use std::error::Error;
    ///
    /// let breaker = CircuitBreaker::new("stock", BreakerConfig::default());
    /// breaker.force_open();
    /// let error: Box<dyn Error> = breaker.try_acquire().unwrap_err().into();
    /// assert_eq!(CircuitOpen::find_in(&*error).unwrap().breaker(), "stock");
    /// ```
    #[must_use]
    pub fn find_in<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Self> {
        first_rejection(error, MOST)
    }
}

impl Classification {
    // R8
    /// Classifies an error without [`Classify`](super::Classify), as the attributes do: a rejection
    /// by the breaker of another function is [`ignored`](Self::ignored), any other error is
    /// [`transient`](Self::transient). The rejection may be the error itself or one of its sources.
    ///
    /// ```
    /// use resilient_core::retry::RetryPolicy;
    /// use resilient_core::signal::Classification;
    /// use std::error::Error;
    ///
    /// # async fn load() -> Result<u32, Box<dyn Error>> { Ok(1) }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let loaded: Result<u32, Box<dyn Error>> = RetryPolicy::DEFAULT
    ///     .call()
    ///     .classify_with(|loaded: &Result<u32, Box<dyn Error>>| {
    ///         loaded.as_ref().err().map(|error| Classification::of_error(&**error))
    ///     })
    ///     .run(async |_| load().await)
    ///     .await;
    /// # assert_eq!(loaded.unwrap(), 1);
    /// # });
    /// ```
    #[must_use]
    pub fn of_error(error: &(dyn Error + 'static)) -> Self {
        Self::of_chain(error, MOST)
    }

    /// Classifies an error whose type is not `CircuitOpen`, by its sources alone. The error need
    /// not be `'static`. If its type has no sources, the compiler removes the search.
    #[inline]
    pub(crate) fn of_sources<E: Error + ?Sized>(error: &E) -> Self {
        match error.source() {
            Some(source) => Self::of_chain(source, MOST - 1),
            None => Self::transient(),
        }
    }

    #[cold]
    #[inline(never)]
    fn of_chain(first: &(dyn Error + 'static), most: usize) -> Self {
        let rejection = first_rejection(first, most);
        if rejection.is_some() { Self::ignored() } else { Self::transient() }
    }
}

fn first_rejection<'a>(first: &'a (dyn Error + 'static), most: usize) -> Option<&'a CircuitOpen> {
    let chain = std::iter::successors(Some(first), |&error| next(error));
    chain.take(most).find_map(|error| {
        let shared = || error.downcast_ref::<Arc<CircuitOpen>>().map(|open| &**open);
        let boxed = || error.downcast_ref::<Box<CircuitOpen>>().map(|open| &**open);
        error.downcast_ref().or_else(shared).or_else(boxed)
    })
}

/// Returns the next error of a chain. The source of an `io::Error` is the source of the error that
/// it wraps, so this function returns the wrapped error itself.
fn next<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::super::{CircuitState, Name, Wait};
    use super::*;

    #[derive(Debug)]
    struct Layer(Option<Box<dyn Error>>);

    impl fmt::Display for Layer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("layer")
        }
    }

    impl Error for Layer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.0.as_deref()
        }
    }

    fn open() -> CircuitOpen {
        CircuitOpen::new(Name::Static("stock"), CircuitState::Open, Wait::UNKNOWN)
    }

    fn below(layers: usize, error: Box<dyn Error>) -> Box<dyn Error> {
        (0..layers).fold(error, |error, _| Box::new(Layer(Some(error))))
    }

    #[test]
    fn a_rejection_is_found_at_any_depth_up_to_the_limit() {
        for layers in [0, 1, 5, MOST - 1] {
            let error = below(layers, open().into());
            assert_eq!(CircuitOpen::find_in(&*error), Some(&open()), "{layers}");
        }
        assert_eq!(CircuitOpen::find_in(&*below(MOST, open().into())), None);
        assert_eq!(CircuitOpen::find_in(&*below(3, "another error".into())), None);
    }

    #[test]
    fn a_shared_or_boxed_rejection_is_found() {
        for error in [Box::new(Arc::new(open())) as Box<dyn Error>, Box::new(Box::new(open()))] {
            assert_eq!(CircuitOpen::find_in(&*error), Some(&open()));
            assert_eq!(Classification::of_sources(&*below(1, error)), Classification::ignored());
        }
    }

    #[test]
    fn a_rejection_inside_an_io_error_is_found() {
        let error = io::Error::other(io::Error::other(open()));
        assert_eq!(CircuitOpen::find_in(&error), Some(&open()));
        assert_eq!(CircuitOpen::find_in(&*below(1, Box::new(error))), Some(&open()));
        assert_eq!(CircuitOpen::find_in(&io::Error::from(io::ErrorKind::NotFound)), None);
    }

    #[test]
    fn the_search_ends_in_a_chain_without_an_end() {
        #[derive(Debug)]
        struct OwnSource;
        impl fmt::Display for OwnSource {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("own source")
            }
        }
        impl Error for OwnSource {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(&Self)
            }
        }
        assert_eq!(CircuitOpen::find_in(&OwnSource), None);
        assert_eq!(Classification::of_error(&OwnSource), Classification::transient());
    }
}
