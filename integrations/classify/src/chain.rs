//! Classifies errors of unknown type by their sources.

use std::error::Error;
use std::sync::Arc;

use resilient::Classification;
use resilient::outcome::error_chain;

/// Classifies the error of a function that returns `anyhow::Result`, by what caused it. The context
/// around the cause does not matter.
///
/// | found in the error and its sources | class |
/// |---|---|
/// | a rejection by a breaker or a time limit of `resilient` | see [`Classification::find_in`] |
/// | an error that a function of this crate classifies | what that function says, if its feature is enabled; the outermost such error decides, and an `std::io::Error` only if there is no other; in an `Arc` or a `Box`, too |
/// | nothing of these | failure, retried: as under a bare attribute |
///
/// The error in a variant with `#[error(transparent)]` of `thiserror` is not among the sources, so
/// this function does not find it. To let an error type of yours decide, ask it first:
///
/// ```
/// use resilient::{Classification, Classify, retry};
///
/// # #[derive(Debug, Clone, Copy)]
/// #[derive(Classify)]
/// enum OrderError {
///     #[ignored]
///     Empty,
/// }
/// # impl std::fmt::Display for OrderError {
/// #     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
/// #         f.write_str("empty") } }
/// # impl std::error::Error for OrderError {}
///
/// fn classify(error: &anyhow::Error) -> Classification {
///     match error.downcast_ref::<OrderError>() {
///         Some(error) => error.classify(),
///         None => resilient_classify::anyhow(error),
///     }
/// }
///
/// #[retry(classify = classify)]
/// async fn order(calls: &mut u32) -> anyhow::Result<()> {
///     *calls += 1;
///     Err(OrderError::Empty)?
/// }
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// # let mut calls = 0;
/// # order(&mut calls).await.unwrap_err();
/// # assert_eq!(calls, 1);
/// # });
/// ```
#[cfg(feature = "anyhow")]
#[must_use]
pub fn anyhow(error: &anyhow::Error) -> Classification {
    of_chain(&**error)
}

/// Classifies a `Box<dyn Error>`, with or without `Send + Sync`, or an `Arc<dyn Error + Send +
/// Sync>`, by what caused it.
///
/// | found in the error and its sources | class |
/// |---|---|
/// | a rejection by a breaker or a time limit of `resilient` | see [`Classification::find_in`] |
/// | an error that a function of this crate classifies | what that function says, if its feature is enabled; the outermost such error decides, and an `std::io::Error` only if there is no other; in an `Arc` or a `Box`, too |
/// | nothing of these | failure, retried: as under a bare attribute |
///
/// ```
/// use resilient::circuit_breaker;
/// use std::error::Error;
///
/// #[circuit_breaker(name = "parser", classify = resilient_classify::boxed)]
/// fn parse(path: &str) -> Result<u32, Box<dyn Error + Send + Sync>> {
///     Ok(std::fs::read_to_string(path)?.trim().parse()?)
/// }
///
/// parse("no such file").unwrap_err();
/// # let totals = resilient::Registry::global().get("parser").unwrap().snapshot().totals;
/// # assert_eq!((totals.success, totals.failure), (1, 0));
/// ```
#[must_use]
pub fn boxed<E: DynError>(error: &E) -> Classification {
    of_chain(error.as_dyn())
}

/// A pointer to a `dyn Error`, which [`boxed`] classifies.
pub trait DynError: sealed::Sealed {
    /// Returns the error.
    fn as_dyn(&self) -> &(dyn Error + 'static);
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! dyn_error {
    ($($pointer:ty),+) => {$(
        impl sealed::Sealed for $pointer {}

        impl DynError for $pointer {
            fn as_dyn(&self) -> &(dyn Error + 'static) {
                &**self
            }
        }
    )+};
}

dyn_error!(
    Box<dyn Error>,
    Box<dyn Error + Send>,
    Box<dyn Error + Send + Sync>,
    Arc<dyn Error + Send + Sync>
);

fn of_chain(error: &(dyn Error + 'static)) -> Classification {
    let known = error_chain(error).find_map(of_known);
    let known = known.or_else(|| error_chain(error).find_map(of_io));
    let Some(class) = Classification::find_in(error) else {
        return known.unwrap_or(Classification::transient());
    };
    // The text of the known error leaves secrets out, also if a time limit inside gives the class.
    match known.as_ref().and_then(Classification::text) {
        Some(text) => class.with_text(text),
        None => class,
    }
}

/// Classifies an error that another function of this crate knows, and describes it: the text of the
/// outermost error may be no more than what the program wanted to do.
#[cfg_attr(
    not(any(feature = "redis", feature = "reqwest", feature = "sqlx", feature = "tonic")),
    expect(unused_variables, reason = "no feature adds a type to look for")
)]
fn of_known(error: &(dyn Error + 'static)) -> Option<Classification> {
    #[cfg(feature = "sqlx")]
    if let Some(class) = downcast(error).map(crate::sqlx) {
        return Some(described(class, error));
    }
    #[cfg(feature = "redis")]
    if let Some(class) = downcast(error).map(crate::redis) {
        return Some(described(class, error));
    }
    #[cfg(feature = "tonic")]
    if let Some(class) = downcast(error).map(crate::tonic) {
        return Some(described(class, error));
    }
    #[cfg(feature = "reqwest")]
    if let Some(class) = downcast(error).map(crate::reqwest) {
        return Some(described(class, error));
    }
    None
}

#[cfg(feature = "io")]
fn of_io(error: &(dyn Error + 'static)) -> Option<Classification> {
    let io = downcast::<std::io::Error>(error);
    // The kind `Other` says nothing; the error inside may be another `io::Error`.
    let io = io.filter(|io| io.kind() != std::io::ErrorKind::Other)?;
    Some(described(crate::io(io), error))
}

/// Returns the error if it is an `E`, an `Arc<E>` or a `Box<E>`. The source of such a pointer is
/// the source of the error in it, so the search of a chain would miss that error.
#[cfg(any(
    feature = "io",
    feature = "redis",
    feature = "reqwest",
    feature = "sqlx",
    feature = "tonic"
))]
fn downcast<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let shared = || error.downcast_ref::<Arc<E>>().map(|error| &**error);
    let boxed = || error.downcast_ref::<Box<E>>().map(|error| &**error);
    error.downcast_ref().or_else(shared).or_else(boxed)
}

#[cfg(not(feature = "io"))]
fn of_io(_: &(dyn Error + 'static)) -> Option<Classification> {
    None
}

#[cfg(any(
    feature = "io",
    feature = "redis",
    feature = "reqwest",
    feature = "sqlx",
    feature = "tonic"
))]
fn described(class: Classification, error: &(dyn Error + 'static)) -> Classification {
    if class.text().is_some() { class } else { class.with_text(error) }
}
