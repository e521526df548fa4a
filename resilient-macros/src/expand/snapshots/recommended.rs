async fn search(&mut self, mut words: String) -> Result<Page, SearchError> {
    use ::resilient::__private as __r;
    let __output = {
        let __breaker = {
            static __RESILIENT_BREAKER: __r::CallSite = __r::CallSite::new(|| {
                __r::Declaration::named("search", __r::BreakerConfig::builder())
            });
            &__RESILIENT_BREAKER
        };
        let __policy = {
            static __RESILIENT_RETRY: __r::RetrySite = __r::RetrySettings::NONE
                .of_function(&|| ())
                .with_deadline();
            __r::RetrySite::policy(&__RESILIENT_RETRY)
        };
        let __budget = {
            static BUDGET: __r::BudgetCallSite = __r::BudgetCallSite::new("search");
            __r::BudgetCallSite::budget(&BUDGET)
        };
        let __options = __r::CallOptions::new().budgeted(__budget);
        let __options = __r::limits(__options, __policy, __r::secs(10), __r::NO_LIMIT);
        let mut __retry = __r::retry(__policy, &__options, true);
        let mut __log = __r::LastOutput::<Result<Page, SearchError>>::new();
        'attempts: loop {
            let __delay = {
                let (__output, __next) = 'attempt: {
                    let __permit = match __r::CallSite::try_acquire(__breaker) {
                        __r::Ok(__permit) => __permit,
                        __r::Err(__open) => {
                            break 'attempt __r::after_rejection(
                                &mut __retry,
                                &mut __log,
                                __open,
                                |__open| __r::rejected::<Result<Page, SearchError>>(__open),
                            );
                        }
                    };
                    let mut __cut = __r::None::<__r::CutCause>;
                    __r::AttemptLog::forget(&mut __log);
                    let __output = {
                        let __self = &mut *self;
                        let __future = async {
                            if let __r::Some(__output) = __r::never::<
                                Result<Page, SearchError>,
                            >() {
                                __r::consume(&mut words);
                                __r::consume(__self);
                                return __output;
                            }
                            let words = __r::Fresh::fresh(&words);
                            '__body: { __self.index.find(words).await }
                        };
                        let __future = __r::within(&__permit, __future);
                        let __future = __r::timeout(__r::secs(2), __future);
                        match __r::either_limit(
                            __r::limited(&mut __retry, __r::secs(2), __future).await,
                        ) {
                            __r::Ok(__output) => __output,
                            __r::Err(__timed_out) => {
                                __cut = __r::Some(__r::CutShort::cause(&__timed_out));
                                __r::timed_out::<Result<Page, SearchError>>(__timed_out)
                            }
                        }
                    };
                    let (__output, __end) = match __cut {
                        __r::None => {
                            let __text = __r::Text::new(&__output).resilient_text();
                            let __class = __r::Judge::new(&__output).resilient_class();
                            let __health = __r::failure_of(&__output, __class)
                                .map(|(__error, __class)| __r::unless(
                                    __r::matches!(* __error, SearchError::Syntax),
                                    __class,
                                ));
                            let __output = __text.report(__permit, __health, __output);
                            let __class = __r::failure_of(&__output, __class)
                                .map(|(__error, __class)| __r::with_retry(
                                    __class,
                                    !__r::matches!(* __error, SearchError::Syntax)
                                        && __class.retry,
                                ));
                            let __r::Some(__class) = __class else {
                                __r::succeeded(&mut __retry);
                                break 'attempts __output;
                            };
                            __text.failed(&__retry, __class, __output)
                        }
                        __r::Some(__cause) => {
                            let __ignored = __r::error_of(&__output)
                                .is_some_and(|__error| {
                                    __r::matches!(* __error, SearchError::Syntax)
                                });
                            __r::report_cut(__permit, __cause, __ignored);
                            let __excepted = __r::error_of(&__output)
                                .is_some_and(|__error| {
                                    __r::matches!(* __error, SearchError::Syntax)
                                });
                            (__output, __r::cut_short(__cause, __excepted))
                        }
                    };
                    let __open = __r::CallSite::open_now(__breaker);
                    let __next = __r::after(&mut __retry, __end, __open);
                    (__output, __next)
                };
                match __next {
                    __r::Ok(__delay) => {
                        __r::AttemptLog::keep(&mut __log, __output, &__retry);
                        __delay
                    }
                    __r::Err(_) => break 'attempts __output,
                }
            };
            __r::pause(&mut __retry, __delay, __breaker).await;
        }
    };
    match __r::unless_failed::<Result<Page, SearchError>>(__output) {
        __r::Ok(__output) => __output,
        __r::Err(
            __error,
        ) if __r::test(
            &__error,
            |__error| __r::matches!(* __error, SearchError::Down),
        ) => {
            __r::fell_back();
            __r::fallback_value::<Result<Page, SearchError>>(self.popular.clone())
        }
        __r::Err(__error) => __r::not_replaced::<Result<Page, SearchError>>(__error),
    }
}
