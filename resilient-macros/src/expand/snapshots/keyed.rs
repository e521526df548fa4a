async fn send(request: Request) -> Result<Response, HttpError> {
    let breakers = {
        static __RESILIENT_BREAKERS: ::resilient::__private::KeyedCallSite = ::resilient::__private::KeyedCallSite::new(||
        ::resilient::__private::Declaration::named(
            "hosts",
            ::resilient::__private::BreakerConfig::builder()
                .window(::core::time::Duration::from_secs(60u64))
                .min_calls(20u32)
                .failure_rate(0.5f64)
                .max_keys(MOST),
        ));
        &__RESILIENT_BREAKERS
    };
    let breaker: &::resilient::__private::CircuitBreaker = &::resilient::__private::Key::new(
            &(&*request.host),
        )
        .resilient_breaker(breakers);
    let policy = {
        static POLICY: ::resilient::__private::RetryPolicy = ::resilient::__private::RetrySettings::NONE
            .build_const();
        &POLICY
    };
    let mut retry = ::resilient::__private::RetryDriver::start_async(policy);
    let mut kept = ::resilient::__private::Last::<Result<Response, HttpError>>::new();
    'attempts: loop {
        let delay = {
            let (output, next) = 'attempt: {
                let permit = match ::resilient::__private::CircuitBreaker::try_acquire(
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
                                    Result<Response, HttpError>,
                                >(open)
                            }
                        };
                        break 'attempt (output, next);
                    }
                };
                ::resilient::__private::Kept::forget(&mut kept);
                let output = {
                    let request = ::resilient::__private::Fresh::fresh(&request);
                    ::resilient::__private::attempted(
                            &mut retry,
                            async {
                                if let ::core::option::Option::Some(output) = ::core::option::Option::None::<
                                    Result<Response, HttpError>,
                                > {
                                    ::resilient::__private::consume(request);
                                    return output;
                                }
                                '_body: { client().send(request).await }
                            },
                        )
                        .await
                };
                let class = ::resilient::__private::Judge::new(&output)
                    .resilient_class();
                ::resilient::__private::report(permit, class);
                let ::core::option::Option::Some(class) = class else {
                    ::resilient::__private::succeeded(&mut retry);
                    break 'attempts output;
                };
                let next = ::resilient::__private::after(
                    &mut retry,
                    ::resilient::__private::AttemptEnd::Failed(class),
                    ::resilient::__private::CircuitBreaker::open_now(breaker),
                );
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
}
