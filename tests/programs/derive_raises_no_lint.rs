//! The derive raises no compiler lint on types of every shape.
#![deny(warnings, missing_docs, unused, nonstandard_style, let_underscore, rust_2018_idioms)]
#![deny(
    unused_results,
    unused_qualifications,
    unused_lifetimes,
    unused_import_braces,
    trivial_casts
)]
#![deny(
    trivial_numeric_casts,
    unreachable_pub,
    missing_debug_implementations,
    elided_lifetimes_in_paths
)]
#![deny(single_use_lifetimes, explicit_outlives_requirements, redundant_lifetimes, unit_bindings)]
#![deny(missing_copy_implementations, absolute_paths_not_starting_with_crate)]
#![deny(clippy::all, clippy::pedantic)]
#![forbid(unsafe_code, deprecated)]

use std::convert::Infallible;
use std::fmt::{Debug, Display};
use std::time::Duration;

use resilient::{BreakerConfig, CircuitBreaker, CircuitOpen, Classification, Classify, TimedOut};

/// An enum without variants and without a class word.
#[derive(Debug, Clone, Copy, Classify)]
pub enum Nothing {}

/// An enum without variants, with a class word.
#[derive(Debug, Clone, Copy, Classify)]
#[transient]
pub enum NothingTransient {}

/// An enum with one variant.
#[derive(Debug, Clone, Copy, Classify)]
pub enum One {
    /// The only variant.
    #[throttled]
    #[retry_after(0)]
    Only(Duration),
}

/// An enum whose class word applies to all variants.
#[derive(Debug, Clone, Copy, Classify)]
#[permanent]
pub enum Alike {
    /// A variant without fields.
    One,
    /// A variant with unnamed fields.
    Two(u8, u8),
    /// A variant with a named field.
    Three {
        /// A field that nothing reads.
        code: u8,
    },
}

/// A unit struct.
#[derive(Debug, Clone, Copy, Classify)]
#[answered]
pub struct Unit;

/// A struct with braces and no field.
#[derive(Debug, Clone, Copy, Classify)]
#[ignored]
pub struct Empty {}

/// A struct with parentheses and no field.
#[derive(Debug, Clone, Copy, Classify)]
#[transient]
pub struct EmptyTuple();

/// A struct with a hint: the wait that the dependency asks for.
#[derive(Debug, Clone, Copy, Classify)]
#[throttled]
#[retry_after(wait)]
pub struct Busy {
    /// The length of the wait.
    pub wait: Option<Duration>,
}

/// A packed struct: no reference to its field is possible.
#[derive(Clone, Copy, Classify)]
#[permanent]
#[retry_after(1)]
#[repr(Rust, packed)]
pub struct Packed(pub u8, pub Duration);

impl Debug for Packed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Packed")
    }
}

/// A transparent struct.
#[derive(Debug, Clone, Copy, Classify)]
#[transparent]
pub struct Wrapper<E>(pub E);

/// An enum that uses every feature of the derive.
#[derive(Debug, Clone, Classify)]
#[permanent]
#[non_exhaustive]
pub enum Everything<'a, T, E, const N: usize = 3>
where
    T: Display + ?Sized,
{
    /// A variant with a reference.
    Borrowed(&'a T),
    /// A variant with a hint in a named field.
    #[throttled]
    #[retry_after(r#in)]
    TooMany {
        /// The hint.
        r#in: Duration,
        /// A field that is not the hint.
        host: [u8; N],
    },
    /// A variant with a hint in an unnamed field.
    #[transient]
    #[retry_after(1)]
    Busy(u8, Option<Duration>),
    /// A transparent variant.
    #[transparent]
    Inner(E),
    /// A transparent variant with other fields beside the transparent field.
    #[transparent(source)]
    Wrapped {
        /// A field that is not transparent.
        at: u32,
        /// The transparent field.
        source: Wrapper<E>,
    },
    /// A variant whose condition is always true.
    #[cfg(not(any()))]
    #[transient]
    Here,
    /// A variant without a condition.
    #[transient]
    There,
    /// A variant whose condition is always false.
    #[cfg(any())]
    Missing(NoSuchType),
    /// A variant that cannot be constructed.
    Never(Infallible),
    /// A variant whose class word depends on a condition.
    #[cfg_attr(not(any()), answered)]
    #[cfg_attr(any(), ignored)]
    Conditional,
}

/// A private type.
#[derive(Debug, Clone, Copy)]
struct Private<T>(T);

impl<T: Classify> Classify for Private<T> {
    fn classify(&self) -> Classification {
        self.0.classify()
    }
}

/// A public struct with a private field of a private type.
#[derive(Debug, Clone, Copy, Classify)]
#[transparent]
pub struct Public<T> {
    inner: Private<T>,
}

/// A deprecated enum.
#[derive(Classify, Debug, Clone, Copy)]
#[allow(clippy::deprecated_semver)]
#[deprecated(note = "use `Alike`")]
#[transient]
pub enum Old {
    /// A deprecated variant.
    #[deprecated]
    First,
    /// A variant that is not deprecated.
    #[ignored]
    Second,
}

/// An enum with a deprecated variant and a deprecated field.
#[derive(Classify, Debug, Clone, Copy)]
#[transient]
pub enum Aging {
    /// A deprecated variant.
    #[deprecated]
    First,
    /// A variant with a deprecated field.
    #[retry_after(wait)]
    Second {
        /// The deprecated field, which is the hint.
        #[deprecated]
        wait: Duration,
    },
}

/// An enum with conversions, one of them into a deprecated variant.
#[derive(Debug, Clone, Classify)]
#[permanent]
pub enum Converted<'a, T>
where
    T: Display + ?Sized,
{
    /// A variant that a rejected call returns.
    #[circuit_open]
    #[deprecated]
    Open(CircuitOpen),
    /// A variant that a call returns when it is cut short.
    #[cfg(not(any()))]
    #[timed_out]
    Late {
        /// The deprecated field, which holds the passed limit.
        #[deprecated]
        r#in: Box<TimedOut>,
    },
    /// A variant whose condition is always false.
    #[cfg(any())]
    #[timed_out]
    Missing(NoSuchType),
    /// Another variant.
    Other(&'a T),
}

/// A struct with conversions.
#[derive(Debug, Clone, Classify)]
#[circuit_open]
#[timed_out]
pub struct Either<E>(pub E);

type Pair<A, B> = (A, B);

trait Second {
    const SECOND: i8;
}

impl<A, B> Second for Pair<A, B> {
    const SECOND: i8 = 2;
}

/// An enum with discriminants.
#[derive(Debug, Clone, Copy, Classify)]
#[permanent]
#[repr(i8)]
pub enum Numbered {
    /// A discriminant that is computed.
    #[transient]
    First = 1 << 2,
    /// A discriminant that is an associated constant.
    Second = <Pair<u8, u16> as Second>::SECOND,
    /// A negative discriminant.
    #[ignored]
    Third = -1,
}

type Full = Everything<'static, str, Unit>;

#[test]
fn runs() {
    let hint = Duration::from_secs(1);
    assert_eq!(Full::Borrowed("x").classify(), Classification::permanent());
    assert_eq!(Full::Here.classify(), Classification::transient());
    assert_eq!(Full::There.classify(), Classification::transient());
    assert_eq!(Full::Conditional.classify(), Classification::answered());
    let inner = Full::Inner(Unit);
    assert_eq!(inner.classify(), Classification::answered());
    let wrapped = Full::Wrapped { at: 1, source: Wrapper(Unit) };
    assert_eq!(wrapped.classify(), Classification::answered());
    let many = Full::TooMany { r#in: hint, host: [0; 3] };
    assert_eq!(many.classify(), Classification::throttled().after(hint));
    assert_eq!(Full::Busy(0, None).classify(), Classification::transient());
    assert_eq!(One::Only(hint).classify(), Classification::throttled().after(hint));
    assert_eq!(Busy { wait: None }.classify(), Classification::throttled());
    assert_eq!(Packed(0, hint).classify(), Classification::permanent().after(hint));
    assert_eq!(Empty {}.classify(), Classification::ignored());
    assert_eq!(EmptyTuple().classify(), Classification::transient());
    assert_eq!(Alike::Two(0, 0).classify(), Classification::permanent());
    let public = Public { inner: Private(Unit) };
    assert_eq!(public.classify(), Classification::answered());
    assert_eq!(Numbered::First.classify(), Classification::transient());
    assert_eq!(Numbered::Second.classify(), Classification::permanent());
    assert_eq!(Numbered::Third.classify(), Classification::ignored());
    let breaker = CircuitBreaker::new("lints", BreakerConfig::default());
    breaker.force_open();
    let open = breaker.try_acquire().unwrap_err();
    let either = Either::<Converted<'_, str>>::from(open);
    assert_eq!(either.classify(), Classification::ignored());
    assert_eq!(Converted::Other("x").classify(), Classification::permanent());
    let _: fn(TimedOut) -> Converted<'static, str> = From::from;
    let _: fn(&Nothing) -> Classification = Nothing::classify;
    let _: fn(&NothingTransient) -> Classification = NothingTransient::classify;
}
