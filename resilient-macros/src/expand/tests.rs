//! Tests whole expansions, and that stacked attributes find each other.

use proc_macro2::TokenStream;
use quote::quote;

use crate::args::AttributeKind;
use crate::driver::expand_as;
use crate::item::kind_of;

/// Formats the item like `rustfmt`.
fn pretty(item: &TokenStream) -> String {
    let file = syn::parse2(item.clone()).unwrap_or_else(|error| panic!("{error}: {item}"));
    prettyplease::unparse(&file)
}

/// Expands an attribute without the feature `inventory`.
fn expand(kind: AttributeKind, args: &TokenStream, item: &TokenStream) -> TokenStream {
    expand_as(kind, args, item, false)
}

/// Expands until no attribute of this crate is left, like the compiler.
pub(super) fn expand_all(
    kind: AttributeKind,
    args: &TokenStream,
    item: &TokenStream,
) -> TokenStream {
    let expanded = expand(kind, args, item);
    let mut file: syn::File = syn::parse2(expanded.clone()).expect("the expansion is an item");
    let Some(syn::Item::Fn(function)) = file.items.last_mut() else {
        return expanded;
    };
    match take_attribute(&mut function.attrs) {
        Some((kind, args)) => expand_all(kind, &args, &quote!(#file)),
        None => expanded,
    }
}

/// Removes the uppermost attribute of this crate, and returns its kind and arguments.
pub(super) fn take_attribute(
    attributes: &mut Vec<syn::Attribute>,
) -> Option<(AttributeKind, TokenStream)> {
    let at = attributes.iter().position(|attribute| kind_of(&attribute.meta).is_some())?;
    let attribute = attributes.remove(at);
    let args = match &attribute.meta {
        syn::Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    };
    Some((kind_of(&attribute.meta)?, args))
}

/// Compares the item with the snapshot of that name. `UPDATE_SNAPSHOTS=1` writes the snapshot
/// instead.
pub(super) fn assert_snapshot(name: &str, item: &TokenStream) {
    let path = format!("{}/src/expand/snapshots/{name}.rs", env!("CARGO_MANIFEST_DIR"));
    let is = pretty(item);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &is).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(is, expected, "the expansion differs from {name}.rs");
}

#[test]
fn a_stack_reads_as_if_written_by_hand() {
    let item = quote! {
        #[circuit_breaker(name = "payments", recovery_time = "30s")]
        pub async fn charge(&self, order: Order, log: &mut Log) -> Result<Receipt, PayError> {
            log.note(&order);
            self.http.post(order).await?.receipt()
        }
    };
    let args = quote!(max_retries = 3, base_delay = "100ms");
    assert_snapshot("stack", &expand_all(AttributeKind::Retry, &args, &item));
}

#[test]
fn a_breaker_alone_is_one_match() {
    let item = quote! {
        async fn load(key: &str) -> Option<Value> {
            store().get(key).await
        }
    };
    assert_snapshot(
        "breaker",
        &expand_all(AttributeKind::CircuitBreaker, &TokenStream::new(), &item),
    );
}

#[test]
fn a_plain_function_is_marked_while_its_body_runs() {
    let item = quote! {
        #[circuit_breaker]
        fn load(key: &str) -> Option<Value> {
            store().get(key)
        }
    };
    assert_snapshot("plain", &expand_all(AttributeKind::Retry, &TokenStream::new(), &item));
}

#[test]
fn a_breaker_by_key_is_found_once_for_all_attempts() {
    let item = quote! {
        #[circuit_breaker(
            name = "hosts", key = &*request.host, max_keys = MOST,
            window = "60s", failure_rate = "50%", min_calls = 20
        )]
        async fn send(request: Request) -> Result<Response, HttpError> {
            client().send(request).await
        }
    };
    assert_snapshot("keyed", &expand_all(AttributeKind::Retry, &TokenStream::new(), &item));
}

#[test]
fn with_inventory_the_static_of_a_breaker_is_listed_once() {
    let item = quote! {
        fn load(host: &str) -> Option<Value> {
            store().get(host)
        }
    };
    let one = quote!(__r::Annotated::Breaker(&__RESILIENT_BREAKER));
    let by_key = quote!(__r::Annotated::Keyed(&__RESILIENT_BREAKERS));
    for (args, listed) in [(quote!(), one), (quote!(key = host), by_key)] {
        let submit = quote!(__r::inventory::submit! { #listed }).to_string();
        let written = expand_as(AttributeKind::CircuitBreaker, &args, &item, true).to_string();
        assert_eq!(written.matches(&submit).count(), 1, "{written}");
        let unlisted = expand(AttributeKind::CircuitBreaker, &args, &item).to_string();
        assert!(!unlisted.contains("inventory"), "{unlisted}");
    }
}

#[test]
fn the_recommended_stack_reads_from_top_to_bottom() {
    let item = quote! {
        #[retry(deadline = "10s", budget = "search", except = SearchError::Syntax)]
        #[circuit_breaker(name = "search", ignore = SearchError::Syntax)]
        #[timeout("2s")]
        async fn search(&mut self, words: String) -> Result<Page, SearchError> {
            self.index.find(words).await
        }
    };
    let args = quote!(value = self.popular.clone(), on = SearchError::Down);
    assert_snapshot("recommended", &expand_all(AttributeKind::Fallback, &args, &item));
}

#[test]
fn r08_the_function_of_either_attribute_classifies_for_both() {
    let expand = |retry: TokenStream, breaker: TokenStream| {
        let item = quote! {
            #[circuit_breaker(name = "rows", #breaker)]
            fn load(id: u32) -> Result<Row, DbError> { read(id) }
        };
        expand_all(AttributeKind::Retry, &retry, &item).to_string()
    };
    let (by_code, nothing) = (|| quote!(classify = by_code), || quote!());
    let written = expand(by_code(), nothing());
    assert_eq!(written, expand(nothing(), by_code()));
    assert_eq!(written, expand(by_code(), by_code()));
    let class = quote!(let __class = __r::classified(&__output, by_code);).to_string();
    assert_eq!(written.matches(&class).count(), 1, "{written}");
    assert!(!written.contains("Judge"), "{written}");
    // The predicates of both attributes do not make the function run twice.
    let predicates = (
        quote!(classify = by_code, retry_when = f),
        quote!(failure_when = |output| output.is_err()),
    );
    let written = expand(predicates.0, predicates.1);
    assert_eq!(written.matches(&class).count(), 1, "{written}");
    assert_eq!(written.matches("let __chosen").count(), 2, "{written}");
    // Two different functions are refused at the second.
    let refused = expand(by_code(), quote!(classify = |error: &DbError| error.class()));
    let message = "`#[retry]` has `classify = by_code` already, and one function";
    assert!(refused.contains(message), "{refused}");
    assert_eq!(refused.matches("compile_error").count(), 1);
    let refused = expand(quote!(classify = |error| error.class()), by_code());
    assert!(refused.contains("`#[retry]` has `classify = …` already"), "{refused}");
}

#[test]
fn a_timeout_alone_is_one_match() {
    let item = quote! {
        async fn load(key: &str, limit: Duration) -> Option<Value> {
            store().get(key).await
        }
    };
    assert_snapshot("timeout", &expand_all(AttributeKind::Timeout, &quote!(limit), &item));
}

#[test]
fn a_fallback_alone_is_one_match() {
    let item = quote! {
        async fn load(key: Key) -> Result<Value, StoreError> {
            store().get(key).await
        }
    };
    let args = quote!(with = async |error| cache().get(&key, error).await);
    assert_snapshot("fallback", &expand_all(AttributeKind::Fallback, &args, &item));
}

#[test]
fn a_breaker_below_a_timeout_reports_a_rejection_to_the_retry_through_a_variable() {
    let item = quote! {
        #[timeout("5s")]
        #[circuit_breaker(name = "far", order = explicit)]
        async fn load(key: Key) -> Result<Value, RetryError<StoreError>> {
            store().get(key).await
        }
    };
    let args = quote!(errors = all, nested = collapse);
    assert_snapshot("far_breaker", &expand_all(AttributeKind::Retry, &args, &item));
}

#[test]
fn c05_a_fallback_that_hides_failures_is_refused_unless_the_order_is_explicit() {
    for (above, reason) in [
        (AttributeKind::Retry, "nothing would be tried again"),
        (AttributeKind::CircuitBreaker, "its circuit would never open"),
    ] {
        for middle in [quote!(), quote!(#[timeout("1s")])] {
            let of = |fallback: TokenStream| {
                let item = quote!(#middle #[fallback(#fallback)] async fn f() -> R { body });
                expand_all(above, &TokenStream::new(), &item).to_string()
            };
            let refused = of(quote!(value = 1));
            let name = above.name();
            let message =
                format!("`#[fallback]` below `#[{name}]` hides the failures from it, and {reason}");
            assert!(refused.contains(&message), "{refused}");
            assert_eq!(refused.matches("compile_error").count(), 1);
            assert!(!of(quote!(value = 1, order = explicit)).contains("compile_error"));
        }
    }
}

#[test]
fn plain_functions_have_no_time_limits_and_wait_for_no_fallback() {
    let plain = quote!(
        fn f() -> R {
            body
        }
    );
    for (kind, args, message) in [
        (AttributeKind::Timeout, quote!("1s"), "`#[timeout]` needs an `async` function"),
        (AttributeKind::Retry, quote!(deadline = "1s"), "`deadline` needs an `async` function"),
        (
            AttributeKind::Retry,
            quote!(attempt_timeout = "1s"),
            "`attempt_timeout` needs an `async` function",
        ),
        (AttributeKind::Fallback, quote!(with = async |_| x), "this fallback is `async`"),
    ] {
        let refused = expand(kind, &args, &plain).to_string();
        assert!(refused.contains(message), "{refused}");
        assert!(refused.ends_with(&plain.to_string()), "{refused}");
        let waits = quote!(async #plain);
        assert!(!expand(kind, &args, &waits).to_string().contains("compile_error"));
    }
}

#[test]
fn a_retry_alone_is_one_loop() {
    let item = quote! {
        fn read(path: PathBuf) -> io::Result<Vec<u8>> {
            fs::read(path)
        }
    };
    let args = quote!(on = Timeout, attempt = attempt, on_retry = log);
    assert_snapshot("retry", &expand_all(AttributeKind::Retry, &args, &item));
}

#[test]
fn c01_the_upper_attribute_hands_its_arguments_to_the_lower_and_leaves_the_rest_alone() {
    let item = quote! {
        #[doc = "x"]
        #[resilient::retry(max_retries = 1)]
        #[other]
        async fn f() -> R { body }
    };
    let expanded = expand(AttributeKind::CircuitBreaker, &quote!(name = "n",), &item);
    let expected = quote! {
        #[doc = "x"]
        #[resilient::retry(max_retries = 1, __outer(circuit_breaker { name = "n", }))]
        #[other]
        async fn f() -> R { body }
    };
    assert_eq!(expanded.to_string(), expected.to_string());
}

#[test]
fn c01_an_attribute_in_a_cfg_attr_is_in_the_stack_only_if_the_condition_is_true() {
    let item = quote! {
        #[cfg_attr(all(a, b), inline, circuit_breaker)]
        async fn f() -> R { body }
    };
    let expanded = expand(AttributeKind::Retry, &quote!(max_retries = 1), &item);
    let expected = quote! {
        #[cfg_attr(not(all(a, b)), ::resilient::retry(max_retries = 1))]
        #[cfg_attr(all(a, b), inline)]
        #[cfg_attr(all(a, b), circuit_breaker(__outer(retry { max_retries = 1 })))]
        async fn f() -> R { body }
    };
    assert_eq!(expanded.to_string(), expected.to_string());
}

#[test]
fn an_item_with_wrong_arguments_stays_unchanged_beside_the_errors() {
    let item = quote!(
        async fn f() -> R {
            body
        }
    );
    let expanded =
        expand(AttributeKind::Retry, &quote!(max_retry = 1, jitter = 3), &item).to_string();
    assert_eq!(expanded.matches("compile_error").count(), 2, "{expanded}");
    assert!(expanded.ends_with(&item.to_string()), "{expanded}");
}

#[test]
fn two_of_a_kind_are_refused_wherever_the_second_stands() {
    for item in [
        quote!(
            #[retry]
            async fn f() -> R {
                body
            }
        ),
        quote!(
            #[circuit_breaker]
            #[retry]
            async fn f() -> R {
                body
            }
        ),
        quote!(
            #[timeout("1s")]
            #[fallback(value = 1)]
            #[timeout("2s")]
            async fn f() -> R {
                body
            }
        ),
    ] {
        let expanded = expand_all(AttributeKind::Retry, &TokenStream::new(), &item).to_string();
        assert!(expanded.contains("on this function"), "{expanded}");
    }
}

#[test]
fn two_of_a_kind_are_refused_if_a_condition_joins_them() {
    // What `#[retry] #[cfg_attr(a, retry)]` becomes where the condition is true.
    let handed_down = quote!(max_retries = 1, __outer(retry { max_retries = 2 }));
    let item = quote!(
        async fn f() -> R {
            body
        }
    );
    let refused = expand(AttributeKind::Retry, &handed_down, &item).to_string();
    assert!(refused.contains("`#[retry]` is on this function twice"), "{refused}");
    // Errors in the arguments of the upper attribute are reported at the lower one.
    let wrong = quote!(__outer(retry { max_retry = 2 }));
    let refused = expand(AttributeKind::CircuitBreaker, &wrong, &item).to_string();
    assert!(refused.contains("unknown key `max_retry`"), "{refused}");
}

#[test]
fn a_hook_of_waits_is_called_where_the_loop_waits_for_the_circuit() {
    let item = quote! {
        #[circuit_breaker(name = "far")]
        async fn load() -> Result<u32, LoadError> { body }
    };
    let args = quote!(when_open = wait, on_wait = |event| log(event));
    let expanded = expand_all(AttributeKind::Retry, &args, &item).to_string();
    let event = quote!(if let __r::Some(__event) = __r::wait_event(&__retry, __delay));
    assert_eq!(expanded.matches(&event.to_string()).count(), 1, "{expanded}");
}
