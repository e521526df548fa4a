pub async fn charge(&self, order: Order, log: &mut Log) -> Result<Receipt, PayError> {
    use ::resilient::__private as __r;
    let breaker = {
        static __RESILIENT_BREAKER: __r::CallSite = __r::CallSite::new(|| {
            __r::Declaration::named(
                "payments",
                __r::BreakerConfig::builder().recovery_time(__r::Duration::from_secs(30)),
            )
        });
        &__RESILIENT_BREAKER
    };
    let policy = {
        static POLICY: __r::RetryPolicy = __r::RetrySettings::NONE
            .max_retries(3u32)
            .base_delay(__r::Duration::from_millis(100))
            .build_const();
        &POLICY
    };
    let mut retry = __r::RetryDriver::start_async(policy);
    let mut log = __r::LastOutput::<Result<Receipt, PayError>>::new();
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
                            |open| __r::rejected::<Result<Receipt, PayError>>(open),
                        );
                    }
                };
                __r::AttemptLog::forget(&mut log);
                let output = {
                    let order = __r::Fresh::fresh(&order);
                    let log = &mut *log;
                    let future = async {
                        if let __r::Some(output) = __r::never::<
                            Result<Receipt, PayError>,
                        >() {
                            __r::consume(log);
                            __r::consume(order);
                            return output;
                        }
                        '_body: {
                            log.note(&order);
                            self.http.post(order).await?.receipt()
                        }
                    };
                    __r::attempted(&mut retry, future).await
                };
                let class = __r::Judge::new(&output).resilient_class();
                __r::report(permit, class);
                let __r::Some(class) = class else {
                    __r::succeeded(&mut retry);
                    break 'attempts output;
                };
                let next = __r::after(
                    &mut retry,
                    __r::AttemptEnd::Failed(class),
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
        let waited = __r::pause(&retry, delay, __r::CallSite::breaker(breaker)).await;
        __r::waited(&mut retry, waited);
    }
}
