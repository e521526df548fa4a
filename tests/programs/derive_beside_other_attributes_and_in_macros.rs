//! The derive works beside attributes of other derives, on types from `macro_rules` and in
//! functions, and on types that use names of the derived code.
#![deny(warnings)]

use std::time::Duration;

use resilient::{Classification, Classify};

#[derive(Debug, Default, Clone, PartialEq, Classify)]
#[repr(u8)]
#[must_use]
#[transient]
enum Beside {
    #[default]
    #[doc = "The first."]
    First = 1,
    /** The second. */
    #[ignored]
    #[doc(alias = "transient")]
    #[allow(dead_code)]
    Second(#[allow(dead_code)] u8) = 2,
}

macro_rules! errors {
    ($(#[$meta:meta])* $vis:vis enum $name:ident<$life:lifetime, $param:ident: $bound:path>
    where $ty:ty: $more:path {
        $($(#[$word:meta])* $variant:ident($field:ty) = $value:expr,)*
    }) => {
        $(
            #[derive(Classify)]
            $(#[$word])*
            struct Last<$param>($param);
        )*

        $(#[$meta])*
        #[derive(Classify)]
        #[permanent]
        #[repr(u8)]
        #[allow(dead_code)]
        $vis enum $name<$life, $param: $bound> where $ty: $more {
            $($(#[$word])* $variant($field) = $value,)*
            Lent(&$life str),
        }
    };
}

errors! {
    /// Documented.
    pub(crate) enum FromMacro<'a, T: Clone> where Vec<T>: Clone {
        #[transparent]
        Inner(T) = 1 + 2,
    }
}

// The names of the generics, variants and fields also occur in the derived code.
#[derive(Classify)]
#[allow(non_camel_case_types)]
enum field {
    #[transient]
    #[retry_after(field)]
    #[allow(non_camel_case_types)]
    classify { field: Duration, class: u8 },
    #[throttled]
    #[retry_after(1)]
    r#match(u8, Duration),
}

impl field {
    fn class(&self) -> u8 {
        match self {
            Self::classify { class, .. } | Self::r#match(class, _) => *class,
        }
    }
}

#[allow(dead_code)]
trait Confusing {
    fn classify(&self) -> u8 {
        0
    }
    fn into(&self) -> u8 {
        0
    }
    fn after(&self) -> u8 {
        0
    }
}

impl<T> Confusing for T {}

mod constants {
    #![allow(non_upper_case_globals, dead_code)]

    const field: u8 = 0;
    static value: u8 = 0;

    #[derive(resilient::Classify)]
    pub(super) enum Among {
        #[throttled]
        #[retry_after(0)]
        Constants(super::Duration),
    }
}

#[derive(Classify)]
#[transparent(r#type)]
struct Raw<T> {
    r#type: T,
    _other: (T, T),
}

mod inner {
    #[derive(resilient::Classify)]
    #[answered]
    pub(super) struct Deep(
        pub(super) (u8, u8),
        pub(in crate::derive_beside_other_attributes_and_in_macros::inner) u8,
    );

    impl Deep {
        pub(super) fn new() -> Self {
            Self((1, 2), 3)
        }

        pub(super) fn sum(&self) -> u8 {
            self.0.0 + self.0.1 + self.1
        }
    }
}

// The type contains itself, so a bound on the type of the field would depend on itself.
#[derive(Classify)]
#[transient]
enum Chain<T: Classify> {
    End(#[allow(dead_code)] Option<T>),
    #[transparent]
    Link(Link<Chain<T>>),
}

struct Link<T>(Box<T>);

impl<T: Classify> Classify for Link<T> {
    fn classify(&self) -> Classification {
        Classify::classify(&*self.0)
    }
}

#[test]
fn runs() {
    #[derive(Classify)]
    #[ignored]
    struct Local;

    let wait = Duration::from_secs(1);
    let class = |error: &dyn Classify| Classify::classify(error);
    assert_eq!(class(&Beside::default()), Classification::transient());
    assert_eq!(class(&Beside::Second(1)), Classification::ignored());
    assert_eq!(class(&FromMacro::Inner(Beside::First)), Classification::transient());
    assert_eq!(class(&FromMacro::<Beside>::Lent("x")), Classification::permanent());
    assert_eq!(class(&Last(Local)), Classification::ignored());
    let named = field::classify { field: wait, class: 1 };
    assert_eq!(class(&named), Classification::transient().after(wait));
    assert_eq!(named.class(), 1);
    assert_eq!(class(&field::r#match(2, wait)), Classification::throttled().after(wait));
    assert_eq!(class(&constants::Among::Constants(wait)), Classification::throttled().after(wait));
    let raw = Raw { r#type: Local, _other: (Local, Local) };
    assert_eq!(class(&raw), Classification::ignored());
    let deep = inner::Deep::new();
    assert_eq!((class(&deep), deep.sum()), (Classification::answered(), 6));
    let chain = Chain::Link(Link(Box::new(Chain::<Local>::End(None))));
    assert_eq!(class(&chain), Classification::transient());
}
