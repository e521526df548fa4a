fn load(key: &str) -> Option<Value> {
    use ::resilient::__private as __r;
    let __breaker = {
        static __RESILIENT_BREAKER: __r::CallSite = __r::CallSite::new(|| {
            __r::Declaration::of_function(&|| (), __r::BreakerConfig::builder())
        });
        &__RESILIENT_BREAKER
    };
    let __policy = {
        static __RESILIENT_RETRY: __r::RetrySite = __r::RetrySettings::NONE
            .of_function(&|| ());
        __r::RetrySite::policy(&__RESILIENT_RETRY)
    };
    let mut __retry = __r::start(__policy);
    let mut __log = __r::LastOutput::<Option<Value>>::new();
    'attempts: loop {
        let __delay = {
            let (__output, __next) = 'attempt: {
                let __permit = match __r::CallSite::try_acquire_here(__breaker) {
                    __r::Ok(__permit) => __permit,
                    __r::Err(__open) => {
                        break 'attempt __r::after_rejection(
                            &mut __retry,
                            &mut __log,
                            __open,
                            |__open| __r::rejected::<Option<Value>>(__open),
                        );
                    }
                };
                __r::AttemptLog::forget(&mut __log);
                let __output = {
                    let __marked = __r::mark(&mut __retry);
                    let __span = __r::call_here(__breaker);
                    (|| -> Option<Value> {
                        if let __r::Some(__output) = __r::never::<Option<Value>>() {
                            return __output;
                        }
                        '__body: { store().get(key) }
                    })()
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
        __r::pause_blocking(&mut __retry, __delay, __breaker);
    }
}
