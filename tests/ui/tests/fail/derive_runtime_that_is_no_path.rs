//! The only key of `#[classify(…)]` is `crate`. It takes a path and belongs on the type.

use resilient::Classify;

#[derive(Classify)]
#[classify(crate = "resilient")]
#[transient]
struct Quoted;

#[derive(Classify)]
#[classify(krate = resilient)]
#[transient]
struct Misspelt;

#[derive(Classify)]
#[classify]
#[transient]
struct Bare;

#[derive(Classify)]
#[classify()]
#[transient]
struct Empty;

#[derive(Classify)]
#[classify(crate =)]
#[transient]
struct NoValue;

#[derive(Classify)]
#[classify(crate = a::<b>)]
#[transient]
struct Generic;

#[derive(Classify)]
#[classify(crate = ::resilient, transient)]
#[transient]
struct More;

#[derive(Classify)]
#[classify(crate = ::resilient)]
#[classify(crate = ::resilient)]
#[transient]
struct Twice;

#[derive(Classify)]
#[transient]
enum Below {
    #[classify(crate = ::resilient)]
    Variant,
    Field(#[classify(crate = ::resilient)] u32),
}

fn main() {}
