async fn load(mut key: Key) -> Result<Value, RetryError<StoreError>> {
    use ::resilient::__private as __r;
    let __breaker = {
        static __RESILIENT_BREAKER: __r::CallSite = __r::CallSite::new(|| {
            __r::Declaration::named("far", __r::BreakerConfig::builder())
        });
        &__RESILIENT_BREAKER
    };
    let __policy = {
        static __RESILIENT_RETRY: __r::RetrySite = __r::RetrySettings::NONE
            .of_function(&|| ());
        __r::RetrySite::policy(&__RESILIENT_RETRY)
    };
    let __options = __r::CallOptions::new().nested(__r::NestedMode::Collapse).timed();
    let mut __retry = __r::retry(__policy, &__options, true);
    let mut __log = <<Result<
        Value,
        RetryError<StoreError>,
    > as __r::LoggedOutput>::Log as __r::Default>::default();
    'attempts: loop {
        let __delay = {
            let mut __cut = __r::None::<__r::CutCause>;
            let mut __rejection = __r::None;
            let __output = {
                let __future = async {
                    if let __r::Some(__output) = __r::never::<
                        <Result<
                            Value,
                            RetryError<StoreError>,
                        > as __r::LoggedOutput>::Attempt,
                    >() {
                        __r::consume(&mut key);
                        return __output;
                    }
                    'breaker: {
                        let __permit = match __r::CallSite::try_acquire(__breaker) {
                            __r::Ok(__permit) => __permit,
                            __r::Err(__open) => {
                                __rejection = __r::Some(__r::Clone::clone(&__open));
                                break 'breaker __r::rejected::<
                                    <Result<
                                        Value,
                                        RetryError<StoreError>,
                                    > as __r::LoggedOutput>::Attempt,
                                >(__open);
                            }
                        };
                        __r::AttemptLog::<
                            <Result<
                                Value,
                                RetryError<StoreError>,
                            > as __r::LoggedOutput>::Attempt,
                        >::forget(&mut __log);
                        let __output = {
                            let __future = async {
                                if let __r::Some(__output) = __r::never::<
                                    <Result<
                                        Value,
                                        RetryError<StoreError>,
                                    > as __r::LoggedOutput>::Attempt,
                                >() {
                                    __r::consume(&mut key);
                                    return __output;
                                }
                                let key = __r::Fresh::fresh(&key);
                                '__body: { store().get(key).await }
                            };
                            __r::attempted_within(&mut __retry, &__permit, __future)
                                .await
                        };
                        let __text = __r::Text::new(&__output).resilient_text();
                        let __class = __r::Judge::new(&__output).resilient_health();
                        let __output = __text.report(__permit, __class, __output);
                        __output
                    }
                };
                match __r::timeout(__r::secs(5), __future).await {
                    __r::Ok(__output) => __output,
                    __r::Err(__timed_out) => {
                        __cut = __r::Some(__r::CutShort::cause(&__timed_out));
                        __r::timed_out::<
                            <Result<
                                Value,
                                RetryError<StoreError>,
                            > as __r::LoggedOutput>::Attempt,
                        >(__timed_out)
                    }
                }
            };
            let (__output, __next) = match __rejection {
                __r::None => {
                    let (__output, __end) = match __cut {
                        __r::None => {
                            let __text = __r::Text::new(&__output).resilient_text();
                            let __class = __r::Judge::new(&__output).resilient_class();
                            let __r::Some(__class) = __class else {
                                __r::succeeded(&mut __retry);
                                break 'attempts __r::AttemptLog::succeed(
                                    &mut __log,
                                    __output,
                                );
                            };
                            __text.failed(&__retry, __class, __output)
                        }
                        __r::Some(__cause) => {
                            let __excepted = false;
                            (__output, __r::cut_short(__cause, __excepted))
                        }
                    };
                    let __open = __r::CallSite::open_now(__breaker);
                    let __next = __r::after(&mut __retry, __end, __open);
                    (__output, __next)
                }
                __r::Some(__open) => {
                    __r::after_rejection(&mut __retry, &mut __log, __open, |_| __output)
                }
            };
            match __next {
                __r::Ok(__delay) => {
                    __r::AttemptLog::keep(&mut __log, __output, &__retry);
                    __delay
                }
                __r::Err(__reason) => {
                    break 'attempts __r::AttemptLog::end(
                        &mut __log,
                        __output,
                        &__retry,
                        __reason,
                    );
                }
            }
        };
        __r::pause(&mut __retry, __delay, __breaker).await;
        __r::AttemptLog::<
            <Result<Value, RetryError<StoreError>> as __r::LoggedOutput>::Attempt,
        >::slept(&mut __log, &__retry);
    }
}
