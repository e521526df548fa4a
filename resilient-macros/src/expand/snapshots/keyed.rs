async fn send(request: Request) -> Result<Response, HttpError> {
    use ::resilient::__private as __r;
    let breakers = {
        static __RESILIENT_BREAKERS: __r::KeyedCallSite = __r::KeyedCallSite::new(|| {
            __r::Declaration::named(
                "hosts",
                __r::BreakerConfig::builder()
                    .window(__r::Duration::from_secs(60))
                    .min_calls(20u32)
                    .failure_rate(0.5f64)
                    .max_keys(MOST),
            )
        });
        &__RESILIENT_BREAKERS
    };
    let breaker: &__r::CircuitBreaker = &__r::Key::new(&(&*request.host))
        .resilient_breaker(breakers);
    let policy = {
        static POLICY: __r::RetryPolicy = __r::RetrySettings::NONE.build_const();
        &POLICY
    };
    let mut retry = __r::RetryDriver::start_async(policy);
    let mut log = __r::LastOutput::<Result<Response, HttpError>>::new();
    'attempts: loop {
        let delay = {
            let (output, next) = 'attempt: {
                let permit = match __r::CircuitBreaker::try_acquire(breaker) {
                    __r::Ok(permit) => permit,
                    __r::Err(open) => {
                        break 'attempt __r::after_rejection(
                            &mut retry,
                            &mut log,
                            open,
                            |open| __r::rejected::<Result<Response, HttpError>>(open),
                        );
                    }
                };
                __r::AttemptLog::forget(&mut log);
                let output = {
                    let request = __r::Fresh::fresh(&request);
                    let future = async {
                        if let __r::Some(output) = __r::never::<
                            Result<Response, HttpError>,
                        >() {
                            __r::consume(request);
                            return output;
                        }
                        '_body: { client().send(request).await }
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
                    __r::CircuitBreaker::open_now(breaker),
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
        let waited = __r::pause(&retry, delay, breaker).await;
        __r::waited(&mut retry, waited);
    }
}
