async fn send(mut request: Request) -> Result<Response, HttpError> {
    use ::resilient::__private as __r;
    let __breakers = {
        static __RESILIENT_BREAKERS: __r::KeyedCallSite = __r::KeyedCallSite::new(|| {
            __r::Declaration::named(
                "hosts",
                __r::BreakerConfig::builder()
                    .window(__r::secs(60))
                    .min_calls(20u32)
                    .failure_rate(0.5f64)
                    .max_keys(MOST),
            )
        });
        &__RESILIENT_BREAKERS
    };
    let __breaker: &__r::CircuitBreaker = &__r::Key::new(&(&*request.host))
        .resilient_breaker(__breakers);
    let __policy = {
        static __RESILIENT_RETRY: __r::RetrySite = __r::RetrySettings::NONE
            .of_function(&|| ());
        __r::RetrySite::policy(&__RESILIENT_RETRY)
    };
    let mut __retry = __r::start_async(__policy);
    let mut __log = __r::LastOutput::<Result<Response, HttpError>>::new();
    'attempts: loop {
        let __delay = {
            let (__output, __next) = 'attempt: {
                let __permit = match __r::CircuitBreaker::try_acquire(__breaker) {
                    __r::Ok(__permit) => __permit,
                    __r::Err(__open) => {
                        break 'attempt __r::after_rejection(
                            &mut __retry,
                            &mut __log,
                            __open,
                            |__open| __r::rejected::<Result<Response, HttpError>>(__open),
                        );
                    }
                };
                __r::AttemptLog::forget(&mut __log);
                let __output = {
                    let __future = async {
                        if let __r::Some(__output) = __r::never::<
                            Result<Response, HttpError>,
                        >() {
                            __r::consume(&mut request);
                            return __output;
                        }
                        let request = __r::Fresh::fresh(&request);
                        '__body: { client().send(request).await }
                    };
                    __r::attempted_within(&mut __retry, &__permit, __future).await
                };
                let __text = __r::Text::new(&__output).resilient_text();
                let __class = __r::Judge::new(&__output).resilient_class();
                let __output = __text.report(__permit, __class, __output);
                let __r::Some(__class) = __class else {
                    __r::succeeded(&mut __retry);
                    break 'attempts __output;
                };
                let (__output, __end) = __text.failed(&__retry, __class, __output);
                let __open = __r::CircuitBreaker::open_now(__breaker);
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
}
