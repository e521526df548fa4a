async fn load(key: Key) -> Result<Value, RetryError<StoreError>> {
    use ::resilient::__private as __r;
    let breaker = {
        static __RESILIENT_BREAKER: __r::CallSite = __r::CallSite::new(|| {
            __r::Declaration::named("far", __r::BreakerConfig::builder())
        });
        &__RESILIENT_BREAKER
    };
    let policy = {
        static POLICY: __r::RetryPolicy = __r::RetrySettings::NONE.build_const();
        &POLICY
    };
    let options = __r::CallOptions::new().nested(__r::NestedMode::Collapse).timed();
    let mut retry = __r::retry(policy, &options, true);
    let mut log = <<Result<
        Value,
        RetryError<StoreError>,
    > as __r::LoggedOutput>::Log as __r::Default>::default();
    'attempts: loop {
        let delay = {
            let mut cut = __r::None::<__r::TimeLimit>;
            let mut rejection = __r::None;
            let output = {
                let key = __r::Fresh::fresh(&key);
                let future = async {
                    'breaker: {
                        let permit = match __r::CallSite::try_acquire(breaker) {
                            __r::Ok(permit) => permit,
                            __r::Err(open) => {
                                rejection = __r::Some(__r::Clone::clone(&open));
                                break 'breaker __r::rejected::<
                                    <Result<
                                        Value,
                                        RetryError<StoreError>,
                                    > as __r::LoggedOutput>::Attempt,
                                >(open);
                            }
                        };
                        __r::AttemptLog::<
                            <Result<
                                Value,
                                RetryError<StoreError>,
                            > as __r::LoggedOutput>::Attempt,
                        >::forget(&mut log);
                        let output = {
                            let future = async {
                                if let __r::Some(output) = __r::never::<
                                    <Result<
                                        Value,
                                        RetryError<StoreError>,
                                    > as __r::LoggedOutput>::Attempt,
                                >() {
                                    __r::consume(key);
                                    return output;
                                }
                                '_body: { store().get(key).await }
                            };
                            __r::attempted(&mut retry, future).await
                        };
                        let class = __r::Judge::new(&output).resilient_class();
                        __r::report(permit, class);
                        output
                    }
                };
                match __r::timeout(__r::Duration::from_secs(5), future).await {
                    __r::Ok(output) => output,
                    __r::Err(timed_out) => {
                        cut = __r::Some(__r::TimedOut::limit(&timed_out));
                        __r::timed_out::<
                            <Result<
                                Value,
                                RetryError<StoreError>,
                            > as __r::LoggedOutput>::Attempt,
                        >(timed_out)
                    }
                }
            };
            let (output, next) = match rejection {
                __r::None => {
                    let end = match cut {
                        __r::None => {
                            let class = __r::Judge::new(&output).resilient_class();
                            let __r::Some(class) = class else {
                                __r::succeeded(&mut retry);
                                break 'attempts __r::AttemptLog::succeed(&mut log, output);
                            };
                            __r::AttemptEnd::Failed(class)
                        }
                        __r::Some(limit) => {
                            let excepted = false;
                            __r::cut_short(limit, excepted)
                        }
                    };
                    let next = __r::after(
                        &mut retry,
                        end,
                        __r::CallSite::open_now(breaker),
                    );
                    (output, next)
                }
                __r::Some(open) => {
                    __r::after_rejection(&mut retry, &mut log, open, |_| output)
                }
            };
            match next {
                __r::Ok(delay) => {
                    __r::AttemptLog::keep(&mut log, output, &retry);
                    delay
                }
                __r::Err(reason) => {
                    break 'attempts __r::AttemptLog::end(
                        &mut log,
                        output,
                        &retry,
                        reason,
                    );
                }
            }
        };
        let waited = __r::pause(&retry, delay, __r::CallSite::breaker(breaker)).await;
        __r::waited(&mut retry, waited);
        __r::AttemptLog::<
            <Result<Value, RetryError<StoreError>> as __r::LoggedOutput>::Attempt,
        >::slept(&mut log, &retry);
    }
}
