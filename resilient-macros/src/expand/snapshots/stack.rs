pub async fn charge(&self, order: Order, log: &mut Log) -> Result<Receipt, PayError> {
    let breaker = {
        static __RESILIENT_BREAKER: ::resilient::__private::CallSite = ::resilient::__private::CallSite::new(||
        ::resilient::__private::Declaration::named(
            "payments",
            ::resilient::__private::BreakerConfig::builder()
                .recovery_time(::core::time::Duration::from_secs(30u64)),
        ));
        &__RESILIENT_BREAKER
    };
    let policy = {
        static POLICY: ::resilient::__private::RetryPolicy = ::resilient::__private::RetrySettings::NONE
            .max_retries(3u32)
            .base_delay(::core::time::Duration::from_millis(100u64))
            .build_const();
        &POLICY
    };
    let mut retry = ::resilient::__private::RetryDriver::start_async(policy);
    let mut kept = ::resilient::__private::Last::<Result<Receipt, PayError>>::new();
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
                                    Result<Receipt, PayError>,
                                >(open)
                            }
                        };
                        break 'attempt (output, next);
                    }
                };
                ::resilient::__private::Kept::forget(&mut kept);
                let output = {
                    let order = ::resilient::__private::Fresh::fresh(&order);
                    let log = &mut *log;
                    ::resilient::__private::attempted(
                            &mut retry,
                            async {
                                if let ::core::option::Option::Some(output) = ::core::option::Option::None::<
                                    Result<Receipt, PayError>,
                                > {
                                    ::resilient::__private::consume(log);
                                    ::resilient::__private::consume(order);
                                    return output;
                                }
                                '_body: {
                                    log.note(&order);
                                    self.http.post(order).await?.receipt()
                                }
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
                    ::resilient::__private::CallSite::open_now(breaker),
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
