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

use resilient::{Classification, Classify};

/// Has neither a variant nor a word.
#[derive(Debug, Clone, Copy, Classify)]
pub enum Nothing {}

/// Has a word and no variant.
#[derive(Debug, Clone, Copy, Classify)]
#[transient]
pub enum NothingTransient {}

/// One variant.
#[derive(Debug, Clone, Copy, Classify)]
pub enum One {
    /// The one.
    #[throttled]
    #[retry_after(0)]
    Only(Duration),
}

/// Every variant has the word of the type.
#[derive(Debug, Clone, Copy, Classify)]
#[permanent]
pub enum Alike {
    /// One.
    One,
    /// Another.
    Two(u8, u8),
    /// A third.
    Three {
        /// Not read.
        code: u8,
    },
}

/// No field.
#[derive(Debug, Clone, Copy, Classify)]
#[answered]
pub struct Unit;

/// No field either.
#[derive(Debug, Clone, Copy, Classify)]
#[ignored]
pub struct Empty {}

/// No field here either.
#[derive(Debug, Clone, Copy, Classify)]
#[transient]
pub struct EmptyTuple();

/// Carries the wait that the dependency asks for.
#[derive(Debug, Clone, Copy, Classify)]
#[throttled]
#[retry_after(wait)]
pub struct Busy {
    /// How long.
    pub wait: Option<Duration>,
}

/// Is packed, so no reference to the field is possible.
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

/// Transparent.
#[derive(Debug, Clone, Copy, Classify)]
#[transparent]
pub struct Wrapper<E>(pub E);

/// Uses every feature of the derive at once.
#[derive(Debug, Clone, Classify)]
#[permanent]
#[non_exhaustive]
pub enum Everything<'a, T, E, const N: usize = 3>
where
    T: Display + ?Sized,
{
    /// Borrowed.
    Borrowed(&'a T),
    /// Hinted by name.
    #[throttled]
    #[retry_after(r#in)]
    TooMany {
        /// How long.
        r#in: Duration,
        /// The client.
        host: [u8; N],
    },
    /// Hinted by index.
    #[transient]
    #[retry_after(1)]
    Busy(u8, Option<Duration>),
    /// Transparent.
    #[transparent]
    Inner(E),
    /// Is transparent, with other fields beside the transparent field.
    #[transparent(source)]
    Wrapped {
        /// The place.
        at: u32,
        /// The thing.
        source: Wrapper<E>,
    },
    /// Compiled on some machines.
    #[cfg(not(any()))]
    #[transient]
    Here,
    /// Compiled on every machine.
    #[transient]
    There,
    /// Compiled on no machine.
    #[cfg(any())]
    Missing(NoSuchType),
    /// Cannot be constructed.
    Never(Infallible),
    /// Has a word under a condition.
    #[cfg_attr(not(any()), answered)]
    #[cfg_attr(any(), ignored)]
    Conditional,
}

/// Private.
#[derive(Debug, Clone, Copy)]
struct Private<T>(T);

impl<T: Classify> Classify for Private<T> {
    fn classify(&self) -> Classification {
        self.0.classify()
    }
}

/// Public, with private fields.
#[derive(Debug, Clone, Copy, Classify)]
#[transparent]
pub struct Public<T> {
    inner: Private<T>,
}

/// Deprecated.
#[derive(Classify, Debug, Clone, Copy)]
#[allow(clippy::deprecated_semver)]
#[deprecated(note = "use `Alike`")]
#[transient]
pub enum Old {
    /// The first.
    #[deprecated]
    First,
    /// The second.
    #[ignored]
    Second,
}

/// Has deprecated variants and fields.
#[derive(Classify, Debug, Clone, Copy)]
#[transient]
pub enum Aging {
    /// The first.
    #[deprecated]
    First,
    /// The second.
    #[retry_after(wait)]
    Second {
        /// How long.
        #[deprecated]
        wait: Duration,
    },
}

type Pair<A, B> = (A, B);

trait Second {
    const SECOND: i8;
}

impl<A, B> Second for Pair<A, B> {
    const SECOND: i8 = 2;
}

/// With discriminants.
#[derive(Debug, Clone, Copy, Classify)]
#[permanent]
#[repr(i8)]
pub enum Numbered {
    /// The first.
    #[transient]
    First = 1 << 2,
    /// The second.
    Second = <Pair<u8, u16> as Second>::SECOND,
    /// The third.
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
    let _: fn(&Nothing) -> Classification = Nothing::classify;
    let _: fn(&NothingTransient) -> Classification = NothingTransient::classify;
}
