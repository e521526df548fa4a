//! Finds the rejection by a breaker, or a passed time limit, in the sources of an error.

use std::error::Error;
use std::io;
use std::sync::Arc;

use super::{CircuitOpen, Classification, Classify, TimedOut};

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
        chain(error, MOST).find_map(downcast)
    }
}

impl TimedOut {
    // R6
    /// Finds a passed time limit of this library in an error or in its sources. Examines at most
    /// the first 64 errors of the chain.
    ///
    /// ```
    /// use resilient_core::retry::{RetryPolicy, TimeLimit, TimedOut};
    /// use std::{future::pending, io, time::Duration};
    ///
    /// # let mut runtime = tokio::runtime::Builder::new_current_thread();
    /// # runtime.enable_time().build().unwrap().block_on(async {
    /// let call = RetryPolicy::DEFAULT.call().deadline(Duration::from_millis(1));
    /// let error = call.run(|_| pending::<io::Result<()>>()).await.unwrap_err();
    /// assert_eq!(TimedOut::find_in(&error).unwrap().limit(), TimeLimit::Deadline);
    /// # });
    /// ```
    #[must_use]
    pub fn find_in<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Self> {
        chain(error, MOST).find_map(downcast)
    }
}

impl Classification {
    // R8
    /// Classifies an error without [`Classify`], as the attributes do. The class of a rejection by
    /// the breaker of another function, or of another function's time limit, is the class that
    /// [`find_in`](Self::find_in) returns. Any other error is [`transient`](Self::transient).
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

    /// Returns the class of the first rejection by a breaker or passed time limit of this library
    /// in an error and its sources, or `None` if there is neither. A function that classifies the
    /// errors of another crate asks this first. Examines at most the first 64 errors of the chain.
    ///
    /// A rejection is [`ignored`](Self::ignored). [`TimedOut`] says the class of each time limit.
    ///
    /// ```
    /// use resilient_core::signal::Classification;
    /// use std::io;
    ///
    /// fn classify(error: &io::Error) -> Classification {
    ///     Classification::find_in(error).unwrap_or_else(|| match error.kind() {
    ///         io::ErrorKind::NotFound => Classification::answered(),
    ///         _ => Classification::transient(),
    ///     })
    /// }
    /// # assert_eq!(classify(&io::ErrorKind::NotFound.into()), Classification::answered());
    /// ```
    #[must_use]
    pub fn find_in(error: &(dyn Error + 'static)) -> Option<Self> {
        class_in(error, MOST)
    }

    /// Classifies an error that does not implement [`Classify`] by its sources alone. The error
    /// need not be `'static`. If its type has no sources, the compiler removes the search.
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
        class_in(first, most).unwrap_or(Self::transient())
    }
}

fn class_in(first: &(dyn Error + 'static), most: usize) -> Option<Classification> {
    chain(first, most).find_map(|error| {
        let rejection = || downcast::<CircuitOpen>(error).map(CircuitOpen::classify);
        downcast::<TimedOut>(error).map(TimedOut::classify).or_else(rejection)
    })
}

fn downcast<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let shared = || error.downcast_ref::<Arc<E>>().map(|error| &**error);
    let boxed = || error.downcast_ref::<Box<E>>().map(|error| &**error);
    error.downcast_ref().or_else(shared).or_else(boxed)
}

/// Returns an error and its sources, the error first, at most 64. Also returns an error that an
/// `io::Error` or an `Arc<dyn Error + Send + Sync>` wraps, which `source` passes over.
///
/// ```
/// use resilient_core::signal::error_chain;
/// use std::{fmt, io};
///
/// let error = io::Error::other(io::Error::other(fmt::Error));
/// assert_eq!(error_chain(&error).count(), 3);
/// assert!(error_chain(&error).any(|error| error.is::<fmt::Error>()));
/// ```
pub fn error_chain<'a>(
    first: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    chain(first, MOST)
}

fn chain<'a>(
    first: &'a (dyn Error + 'static),
    most: usize,
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(first), |&error| next(error)).take(most)
}

/// Returns the next error of a chain. The source of an `io::Error` is the source of the error that
/// it wraps, and the source of an `Arc` is the source of the error in it, so this function returns
/// the error inside.
fn next<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    if let Some(wrapped) = downcast::<io::Error>(error).and_then(io::Error::get_ref) {
        return Some(wrapped);
    }
    match error.downcast_ref::<Arc<dyn Error + Send + Sync>>() {
        Some(shared) => Some(&**shared),
        None => error.source(),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::super::{CircuitState, FullTime, Name, TimeLimit, Wait};
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
    fn a_rejection_inside_a_shared_error_is_found() {
        let shared = |error: Box<dyn Error + Send + Sync>| -> Arc<dyn Error + Send + Sync> {
            Arc::from(error)
        };
        for error in [open().into(), io::Error::other(open()).into()] {
            let below = below(1, Box::new(shared(error)));
            assert_eq!(CircuitOpen::find_in(&*below), Some(&open()));
        }
        let io: Arc<io::Error> = Arc::new(io::Error::other(open()));
        assert_eq!(CircuitOpen::find_in(&io), Some(&open()));
    }

    #[derive(Debug)]
    struct Both(TimedOut, CircuitOpen, bool);
    impl fmt::Display for Both {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("both")
        }
    }
    impl Error for Both {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            if self.2 { Some(&self.0) } else { Some(&self.1) }
        }
    }

    #[test]
    fn the_first_of_several_errors_of_this_library_decides() {
        let late = TimedOut {
            limit: TimeLimit::Timeout,
            after: std::time::Duration::ZERO,
            attempts: 1,
            full_time: FullTime::Attempt,
        };
        let late_first = Both(late.clone(), open(), true);
        assert_eq!(Classification::find_in(&late_first), Some(Classification::transient()));
        assert_eq!(TimedOut::find_in(&late_first), Some(&late));
        let open_first = Both(late, open(), false);
        assert_eq!(Classification::find_in(&open_first), Some(Classification::ignored()));
        assert_eq!(TimedOut::find_in(&open_first), None);
        assert_eq!(Classification::find_in(&fmt::Error), None);
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
