//! Unit structs, constants and statics may have the names of the expansion's variables. A database
//! library such as diesel declares such items for the columns of a table.
#![allow(dead_code, non_camel_case_types, non_upper_case_globals, non_snake_case)]

/// Declares an item with the name of each variable of the expansion, and annotated functions in the
/// scope of these items.
macro_rules! in_scope_of {
    ($module:ident: $declare:ident) => {
        mod $module {
            mod dsl {
                $declare! {
                    attempt attempts body breaker breakers budget cause chosen class cut delay end
                    error event excepted field future health ignored jitter known limit log marked
                    next one open options output own permit policy reason rejection retry self_
                    span text timed_out
                }
            }
            use self::dsl::*;
            use resilient::retries::RetryError;
            use resilient::{circuit_breaker as breaks, fallback, retry as tries, timeout};

            #[derive(Debug, Clone, PartialEq)]
            pub struct Fault;
            impl From<resilient::CircuitOpen> for Fault {
                fn from(_: resilient::CircuitOpen) -> Self {
                    Fault
                }
            }
            impl From<resilient::TimedOut> for Fault {
                fn from(_: resilient::TimedOut) -> Self {
                    Fault
                }
            }

            #[fallback(value = 7, on = Fault)]
            #[resilient::retry(
                deadline = "10s", budget = "items in scope", on = Fault, attempt = known_attempt,
                on_retry = |_| (), on_wait = |_| (), on_give_up = |_| (), base_delay = "0s"
            )]
            #[resilient::circuit_breaker(
                ignore = Fault, failure_when = |result| result.is_err()
            )]
            #[timeout("2s")]
            pub async fn recommended(words: String) -> Result<u32, Fault> {
                drop(words);
                Err::<u32, _>(Fault).map(|_| known_attempt.number())
            }

            #[resilient::retry(errors = all, base_delay = "0s", max_retries = 1)]
            #[timeout("5s")]
            #[resilient::circuit_breaker(
                key = key,
                max_keys = 3,
                on_open = |_| Err(Fault),
                order = explicit,
            )]
            pub async fn far_breaker(key: String) -> Result<u32, RetryError<Fault>> {
                Err(Fault)?;
                drop(key);
                Ok(3)
            }

            #[resilient::retry(base_delay = "0s", retry_when = |result| result.is_none())]
            #[resilient::circuit_breaker]
            pub fn plain(words: String, _guard: String) -> Option<u32> {
                drop(words);
                None
            }

            #[derive(Debug, resilient::Classify)]
            pub enum Classified {
                #[throttled]
                #[retry_after(wait)]
                Busy { wait: std::time::Duration },
            }
        }
    };
}

macro_rules! unit_structs {
    ($($name:ident)*) => { $(pub struct $name;)* };
}
macro_rules! constants {
    ($($name:ident)*) => { $(pub const $name: &str = "";)* };
}
macro_rules! statics {
    ($($name:ident)*) => { $(pub static $name: &str = "";)* };
}
macro_rules! tuple_structs {
    ($($name:ident)*) => { $(pub struct $name(pub u32);)* };
}
macro_rules! variants {
    ($($name:ident)*) => {
        pub enum Columns { $($name,)* }
        pub use self::Columns::*;
    };
}

in_scope_of!(beside_unit_structs: unit_structs);
in_scope_of!(beside_constants: constants);
in_scope_of!(beside_statics: statics);
in_scope_of!(beside_tuple_structs: tuple_structs);
in_scope_of!(beside_variants: variants);

/// The parameter is a constant in the body.
#[resilient::retry(base_delay = "0s", max_retries = 1)]
#[resilient::circuit_breaker]
async fn parameter<const output: u32>(words: String) -> Option<u32> {
    (words.len() > 1).then_some(output)
}

#[tokio::test(start_paused = true)]
async fn runs() {
    assert_eq!(beside_unit_structs::recommended(String::new()).await, Ok(7));
    assert_eq!(beside_constants::recommended(String::new()).await, Ok(7));
    assert!(beside_statics::far_breaker("a".to_owned()).await.is_err());
    assert_eq!(beside_tuple_structs::plain(String::new(), String::new()), None);
    assert_eq!(beside_variants::recommended(String::new()).await, Ok(7));
    assert_eq!(parameter::<3>("text".to_owned()).await, Some(3));
}
