//! `#[classify(crate = …)]` names the runtime if the runtime has another name. Here, `resilient` is
//! another crate.
#![deny(warnings, unused_qualifications)]

use renamed::{Classification, Classify};

mod reexported {
    pub(crate) use ::renamed as runtime;
}

#[derive(Classify)]
#[classify(crate = ::renamed)]
enum Absolute {
    #[throttled]
    #[retry_after(0)]
    Busy(std::time::Duration),
    #[transparent]
    Inner(Relative),
}

#[derive(Classify)]
#[classify(crate = reexported::runtime,)]
#[transient]
struct Relative;

#[derive(Classify)]
#[classify(crate = crate::derive::reexported::runtime)]
#[transparent]
struct Generic<E>(E);

macro_rules! with_path {
    ($runtime:path, $krate:ident) => {
        #[derive(Classify)]
        #[classify(crate = $runtime)]
        #[ignored]
        struct ByPath;

        #[derive(Classify)]
        #[classify(crate = $krate)]
        #[ignored]
        struct ByIdent;

        #[derive(Classify)]
        #[classify(crate = $crate::derive::reexported::runtime)]
        #[ignored]
        struct ByCrate;
    };
}

with_path!(::renamed, renamed);

#[test]
fn runs() {
    let wait = std::time::Duration::from_secs(1);
    assert_eq!(Absolute::Busy(wait).classify(), Classification::throttled().after(wait));
    assert_eq!(Absolute::Inner(Relative).classify(), Classification::transient());
    assert_eq!(Generic(Relative).classify(), Classification::transient());
    assert_eq!(ByPath.classify(), ByIdent.classify());
    assert_eq!(ByCrate.classify(), Classification::ignored());
}
