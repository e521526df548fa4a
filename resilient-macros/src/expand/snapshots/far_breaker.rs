async fn load(key: Key) -> Result<Value, RetryError<StoreError>> {
    let breaker = {
        static __RESILIENT_BREAKER: ::resilient::__private::CallSite = ::resilient::__private::CallSite::new(||
        ::resilient::__private::Declaration::named(
            "far",
            ::resilient::__private::BreakerConfig::builder(),
        ));
        &__RESILIENT_BREAKER
    };
    let policy = {
        static POLICY: ::resilient::__private::RetryPolicy = ::resilient::__private::RetrySettings::NONE
            .build_const();
        &POLICY
    };
    let options = ::resilient::__private::CallOptions::new()
        .nested(::resilient::__private::NestedMode::Collapse)
        .timed();
    let mut retry = ::resilient::__private::retry(policy, &options, true);
    let mut kept = <<Result<
        Value,
        RetryError<StoreError>,
    > as ::resilient::__private::Recorded>::Record as ::core::default::Default>::default();
    let mut cut = ::core::option::Option::None::<::resilient::__private::TimeLimit>;
    let mut rejection = ::core::option::Option::None;
    loop {
        let delay = {
            cut = ::core::option::Option::None;
            let output = {
                let key = ::resilient::__private::Fresh::fresh(&key);
                match ::resilient::__private::timeout(
                        ::core::time::Duration::from_secs(5u64),
                        async {
                            'breaker: {
                                let permit = match ::resilient::__private::CallSite::try_acquire(
                                    breaker,
                                ) {
                                    ::core::result::Result::Ok(permit) => permit,
                                    ::core::result::Result::Err(open) => {
                                        rejection = ::core::option::Option::Some(
                                            ::core::clone::Clone::clone(&open),
                                        );
                                        break 'breaker ::resilient::__private::rejected::<
                                            <Result<
                                                Value,
                                                RetryError<StoreError>,
                                            > as ::resilient::__private::Recorded>::Attempt,
                                        >(open);
                                    }
                                };
                                ::resilient::__private::Kept::<
                                    <Result<
                                        Value,
                                        RetryError<StoreError>,
                                    > as ::resilient::__private::Recorded>::Attempt,
                                >::forget(&mut kept);
                                let output = {
                                    ::resilient::__private::attempted(
                                            &mut retry,
                                            async {
                                                if let ::core::option::Option::Some(output) = ::core::option::Option::None::<
                                                    <Result<
                                                        Value,
                                                        RetryError<StoreError>,
                                                    > as ::resilient::__private::Recorded>::Attempt,
                                                > {
                                                    ::resilient::__private::consume(key);
                                                    return output;
                                                }
                                                '_body: { store().get(key).await }
                                            },
                                        )
                                        .await
                                };
                                ::resilient::__private::report(
                                    permit,
                                    ::resilient::__private::Judge::new(&output)
                                        .resilient_class(),
                                );
                                output
                            }
                        },
                    )
                    .await
                {
                    ::core::result::Result::Ok(output) => output,
                    ::core::result::Result::Err(timed_out) => {
                        cut = ::core::option::Option::Some(
                            ::resilient::__private::TimedOut::limit(&timed_out),
                        );
                        ::resilient::__private::timed_out::<
                            <Result<
                                Value,
                                RetryError<StoreError>,
                            > as ::resilient::__private::Recorded>::Attempt,
                        >(timed_out)
                    }
                }
            };
            let (output, next) = match ::core::option::Option::take(&mut rejection) {
                ::core::option::Option::None => {
                    let next = match cut {
                        ::core::option::Option::None => {
                            let class = ::resilient::__private::Judge::new(&output)
                                .resilient_class();
                            let ::core::option::Option::Some(class) = class else {
                                ::resilient::__private::succeeded(&mut retry);
                                break ::resilient::__private::Kept::succeed(
                                    &mut kept,
                                    output,
                                );
                            };
                            ::resilient::__private::after(
                                &mut retry,
                                ::resilient::__private::AttemptEnd::Failed(class),
                                ::resilient::__private::CallSite::open_now(breaker),
                            )
                        }
                        ::core::option::Option::Some(limit) => {
                            ::resilient::__private::after(
                                &mut retry,
                                ::resilient::__private::AttemptEnd::Cut {
                                    limit,
                                    excepted: false,
                                },
                                ::resilient::__private::CallSite::open_now(breaker),
                            )
                        }
                    };
                    (output, next)
                }
                ::core::option::Option::Some(open) => {
                    let next = ::resilient::__private::after(
                        &mut retry,
                        ::resilient::__private::AttemptEnd::Rejected(&open),
                        ::core::option::Option::None,
                    );
                    let output = match ::resilient::__private::Kept::real(
                        &mut kept,
                        &retry,
                    ) {
                        ::core::option::Option::Some(real) => real,
                        ::core::option::Option::None => output,
                    };
                    (output, next)
                }
            };
            match next {
                ::core::result::Result::Ok(delay) => {
                    ::resilient::__private::Kept::keep(&mut kept, output, &retry);
                    delay
                }
                ::core::result::Result::Err(reason) => {
                    break ::resilient::__private::Kept::end(
                        &mut kept,
                        output,
                        &retry,
                        reason,
                    );
                }
            }
        };
        ::resilient::__private::sleep(delay).await;
    }
}
