pub async fn charge(
    &self,
    mut order: Order,
    log: &mut Log,
) -> Result<Receipt, PayError> {
    use ::resilient::__private as __r;
    let __breaker = {
        static __RESILIENT_BREAKER: __r::CallSite = __r::CallSite::new(|| {
            __r::Declaration::named(
                "payments",
                __r::BreakerConfig::builder().recovery_time(__r::secs(30)),
            )
        });
        &__RESILIENT_BREAKER
    };
    let __policy = {
        static __RESILIENT_RETRY: __r::RetrySite = __r::RetrySettings::NONE
            .max_retries(3u32)
            .base_delay(__r::millis(100))
            .of_function(&|| ());
        __r::RetrySite::policy(&__RESILIENT_RETRY)
    };
    let mut __retry = __r::start_async(__policy);
    let mut __log = __r::LastOutput::<Result<Receipt, PayError>>::new();
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
                            |__open| __r::rejected::<Result<Receipt, PayError>>(__open),
                        );
                    }
                };
                __r::AttemptLog::forget(&mut __log);
                let __output = {
                    let log = &mut *log;
                    let __future = async {
                        if let __r::Some(__output) = __r::never::<
                            Result<Receipt, PayError>,
                        >() {
                            __r::consume(&mut order);
                            __r::consume(log);
                            return __output;
                        }
                        let order = __r::Fresh::fresh(&order);
                        '__body: {
                            log.note(&order);
                            self.http.post(order).await?.receipt()
                        }
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
}
