async fn search(&mut self, words: String) -> Result<Page, SearchError> {
    use ::resilient::__private as __r;
    let output = {
        let breaker = {
            static __RESILIENT_BREAKER: __r::CallSite = __r::CallSite::new(|| {
                __r::Declaration::named("search", __r::BreakerConfig::builder())
            });
            &__RESILIENT_BREAKER
        };
        let policy = {
            static POLICY: __r::RetryPolicy = __r::RetrySettings::NONE.build_const();
            &POLICY
        };
        let budget = {
            static BUDGET: __r::BudgetCallSite = __r::BudgetCallSite::new("search");
            __r::BudgetCallSite::budget(&BUDGET)
        };
        let options = __r::CallOptions::new().budgeted(budget);
        let options = __r::limits(options, __r::Duration::from_secs(10), __r::NO_LIMIT);
        let mut retry = __r::retry(policy, &options, true);
        let mut log = __r::LastOutput::<Result<Page, SearchError>>::new();
        'attempts: loop {
            let delay = {
                let (output, next) = 'attempt: {
                    let permit = match __r::CallSite::try_acquire(breaker) {
                        __r::Ok(permit) => permit,
                        __r::Err(open) => {
                            break 'attempt __r::after_rejection(
                                &mut retry,
                                &mut log,
                                open,
                                |open| __r::rejected::<Result<Page, SearchError>>(open),
                            );
                        }
                    };
                    let mut cut = __r::None::<__r::TimeLimit>;
                    __r::AttemptLog::forget(&mut log);
                    let output = {
                        let __self = &mut *self;
                        let words = __r::Fresh::fresh(&words);
                        let future = async {
                            if let __r::Some(output) = __r::never::<
                                Result<Page, SearchError>,
                            >() {
                                __r::consume(words);
                                __r::consume(__self);
                                return output;
                            }
                            '_body: { __self.index.find(words).await }
                        };
                        let future = __r::timeout(__r::Duration::from_secs(2), future);
                        match __r::either_limit(__r::limited(&mut retry, future).await) {
                            __r::Ok(output) => output,
                            __r::Err(timed_out) => {
                                cut = __r::Some(__r::TimedOut::limit(&timed_out));
                                __r::timed_out::<Result<Page, SearchError>>(timed_out)
                            }
                        }
                    };
                    let end = match cut {
                        __r::None => {
                            let class = __r::Judge::new(&output).resilient_class();
                            let health = __r::failure_of(&output, class)
                                .map(|(error, class)| __r::unless(
                                    __r::matches!(error, SearchError::Syntax),
                                    class,
                                ));
                            __r::report(permit, health);
                            let class = __r::failure_of(&output, class)
                                .map(|(error, class)| __r::with_retry(
                                    class,
                                    !__r::matches!(error, SearchError::Syntax) && class.retry,
                                ));
                            let __r::Some(class) = class else {
                                __r::succeeded(&mut retry);
                                break 'attempts output;
                            };
                            __r::AttemptEnd::Failed(class)
                        }
                        __r::Some(limit) => {
                            let ignored = __r::error_of(&output)
                                .is_some_and(|error| {
                                    __r::matches!(error, SearchError::Syntax)
                                });
                            __r::report_cut(permit, limit, ignored, true);
                            let excepted = __r::error_of(&output)
                                .is_some_and(|error| {
                                    __r::matches!(error, SearchError::Syntax)
                                });
                            __r::cut_short(limit, excepted)
                        }
                    };
                    let next = __r::after(
                        &mut retry,
                        end,
                        __r::CallSite::open_now(breaker),
                    );
                    (output, next)
                };
                match next {
                    __r::Ok(delay) => {
                        __r::AttemptLog::keep(&mut log, output, &retry);
                        delay
                    }
                    __r::Err(_) => break 'attempts output,
                }
            };
            let waited = __r::pause(&retry, delay, __r::CallSite::breaker(breaker))
                .await;
            __r::waited(&mut retry, waited);
        }
    };
    match __r::unless_failed::<Result<Page, SearchError>>(output) {
        __r::Ok(output) => output,
        __r::Err(error) if __r::matches!(& error, SearchError::Down) => {
            __r::fell_back();
            __r::fallback_value::<Result<Page, SearchError>>(self.popular.clone())
        }
        __r::Err(error) => __r::not_replaced::<Result<Page, SearchError>>(error),
    }
}
