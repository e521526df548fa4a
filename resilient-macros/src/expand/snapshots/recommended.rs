async fn search(&mut self, words: String) -> Result<Page, SearchError> {
    let output = {
        let breaker = {
            static __RESILIENT_BREAKER: ::resilient::__private::CallSite = ::resilient::__private::CallSite::new(||
            ::resilient::__private::Declaration::named(
                "search",
                ::resilient::__private::BreakerConfig::builder(),
            ));
            &__RESILIENT_BREAKER
        };
        let policy = {
            static POLICY: ::resilient::__private::RetryPolicy = ::resilient::__private::RetrySettings::NONE
                .build_const();
            &POLICY
        };
        let budget = {
            static BUDGET: ::resilient::__private::BudgetCallSite = ::resilient::__private::BudgetCallSite::new(
                "search",
            );
            ::resilient::__private::BudgetCallSite::budget(&BUDGET)
        };
        let options = ::resilient::__private::CallOptions::new().budgeted(budget);
        let options = ::resilient::__private::limits(
            options,
            ::core::time::Duration::from_secs(10u64),
            ::core::option::Option::None::<::core::time::Duration>,
        );
        let mut retry = ::resilient::__private::retry(policy, &options, true);
        let mut kept = ::resilient::__private::Last::<Result<Page, SearchError>>::new();
        let mut cut = ::core::option::Option::None::<::resilient::__private::TimeLimit>;
        'attempts: loop {
            let delay = {
                let (output, next) = 'attempt: {
                    let permit = match ::resilient::__private::CallSite::try_acquire(
                        breaker,
                    ) {
                        ::core::result::Result::Ok(permit) => permit,
                        ::core::result::Result::Err(open) => {
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
                                ::core::option::Option::None => {
                                    ::resilient::__private::rejected::<
                                        Result<Page, SearchError>,
                                    >(open)
                                }
                            };
                            break 'attempt (output, next);
                        }
                    };
                    cut = ::core::option::Option::None;
                    ::resilient::__private::Kept::forget(&mut kept);
                    let output = {
                        let __self = &mut *self;
                        let words = ::resilient::__private::Fresh::fresh(&words);
                        match ::resilient::__private::limited(
                                &mut retry,
                                ::resilient::__private::timeout(
                                    ::core::time::Duration::from_secs(2u64),
                                    async {
                                        if let ::core::option::Option::Some(output) = ::core::option::Option::None::<
                                            Result<Page, SearchError>,
                                        > {
                                            ::resilient::__private::consume(words);
                                            ::resilient::__private::consume(__self);
                                            return output;
                                        }
                                        '_body: { __self.index.find(words).await }
                                    },
                                ),
                            )
                            .await
                        {
                            ::core::result::Result::Ok(
                                ::core::result::Result::Ok(output),
                            ) => output,
                            ::core::result::Result::Ok(
                                ::core::result::Result::Err(timed_out),
                            )
                            | ::core::result::Result::Err(timed_out) => {
                                cut = ::core::option::Option::Some(
                                    ::resilient::__private::TimedOut::limit(&timed_out),
                                );
                                ::resilient::__private::timed_out::<
                                    Result<Page, SearchError>,
                                >(timed_out)
                            }
                        }
                    };
                    let next = match cut {
                        ::core::option::Option::None => {
                            ::resilient::__private::report(
                                permit,
                                {
                                    let class = ::resilient::__private::Judge::new(&output)
                                        .resilient_class();
                                    match (class, ::resilient::__private::error_of(&output)) {
                                        (
                                            ::core::option::Option::Some(class),
                                            ::core::option::Option::Some(error),
                                        ) => {
                                            ::core::option::Option::Some(
                                                ::resilient::__private::with_hint(
                                                    ::resilient::__private::unless(
                                                        ::core::matches!(error, SearchError::Syntax),
                                                        class,
                                                    ),
                                                    class.retry_after,
                                                ),
                                            )
                                        }
                                        _ => ::core::option::Option::None,
                                    }
                                },
                            );
                            let class = {
                                let class = ::resilient::__private::Judge::new(&output)
                                    .resilient_class();
                                match (class, ::resilient::__private::error_of(&output)) {
                                    (
                                        ::core::option::Option::Some(class),
                                        ::core::option::Option::Some(error),
                                    ) => {
                                        ::core::option::Option::Some(
                                            ::resilient::__private::with_hint(
                                                ::resilient::__private::with_retry(
                                                    class,
                                                    !(::core::matches!(error, SearchError::Syntax))
                                                        && (class.retry),
                                                ),
                                                class.retry_after,
                                            ),
                                        )
                                    }
                                    _ => ::core::option::Option::None,
                                }
                            };
                            let ::core::option::Option::Some(class) = class else {
                                ::resilient::__private::succeeded(&mut retry);
                                break 'attempts output;
                            };
                            ::resilient::__private::after(
                                &mut retry,
                                ::resilient::__private::AttemptEnd::Failed(class),
                                ::resilient::__private::CallSite::open_now(breaker),
                            )
                        }
                        ::core::option::Option::Some(limit) => {
                            ::resilient::__private::report_cut(
                                permit,
                                limit,
                                match ::resilient::__private::error_of(&output) {
                                    ::core::option::Option::Some(error) => {
                                        ::core::matches!(error, SearchError::Syntax)
                                    }
                                    ::core::option::Option::None => false,
                                },
                                true,
                            );
                            ::resilient::__private::after(
                                &mut retry,
                                ::resilient::__private::AttemptEnd::Cut {
                                    limit,
                                    excepted: match ::resilient::__private::error_of(&output) {
                                        ::core::option::Option::Some(error) => {
                                            ::core::matches!(error, SearchError::Syntax)
                                        }
                                        ::core::option::Option::None => false,
                                    },
                                },
                                ::resilient::__private::CallSite::open_now(breaker),
                            )
                        }
                    };
                    (output, next)
                };
                match next {
                    ::core::result::Result::Ok(delay) => {
                        ::resilient::__private::Kept::keep(&mut kept, output, &retry);
                        delay
                    }
                    ::core::result::Result::Err(_) => {
                        break 'attempts output;
                    }
                }
            };
            ::resilient::__private::sleep(delay).await;
        }
    };
    match ::resilient::__private::unless_failed::<Result<Page, SearchError>>(output) {
        ::core::result::Result::Ok(output) => output,
        ::core::result::Result::Err(
            error,
        ) if ::core::matches!(& error, SearchError::Down) => {
            ::resilient::__private::fell_back();
            ::resilient::__private::fallback_value::<
                Result<Page, SearchError>,
            >(self.popular.clone())
        }
        ::core::result::Result::Err(error) => {
            ::resilient::__private::not_replaced::<Result<Page, SearchError>>(error)
        }
    }
}
