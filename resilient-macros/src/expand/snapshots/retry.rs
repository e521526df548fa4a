fn read(path: PathBuf) -> io::Result<Vec<u8>> {
    use ::resilient::__private as __r;
    let __policy = {
        static __RESILIENT_RETRY: __r::RetrySite = __r::RetrySettings::NONE
            .of_function(&|| ());
        __r::RetrySite::policy(&__RESILIENT_RETRY)
    };
    let __options = __r::CallOptions::new().timed();
    let mut __retry = __r::retry(__policy, &__options, false);
    let mut __log = __r::ShownOutput::<io::Result<Vec<u8>>>::for_call(&__retry);
    'attempts: loop {
        let __delay = {
            let attempt = __r::ShownOutput::show(&mut __log, &__retry);
            let __output = {
                let __marked = __r::mark(&mut __retry);
                if false {
                    __r::never_reached(path);
                }
                let path = __r::Fresh::fresh(&path);
                (|| -> io::Result<Vec<u8>> {
                    if let __r::Some(__output) = __r::never::<io::Result<Vec<u8>>>() {
                        __r::consume(path);
                        return __output;
                    }
                    '__body: { fs::read(path) }
                })()
            };
            let __text = __r::Text::new(&__output).resilient_text();
            let __class = __r::Judge::new(&__output).resilient_class();
            let __class = __r::failure_of(&__output, __class)
                .map(|(__error, __class)| __r::with_retry(
                    __class,
                    __r::matches!(* __error, Timeout),
                ));
            let __r::Some(__class) = __class else {
                __r::succeeded(&mut __retry);
                break 'attempts __output;
            };
            let (__output, __end) = __text.failed(&__retry, __class, __output);
            let __open = __r::None;
            let __next = __r::after(&mut __retry, __end, __open);
            match __next {
                __r::Ok(__delay) => {
                    if let __r::Some(__event) = __r::retry_event(
                        &__retry,
                        &__output,
                        __delay,
                    ) {
                        __r::tell(&__event, log);
                    }
                    __r::AttemptLog::keep(&mut __log, __output, &__retry);
                    __delay
                }
                __r::Err(_) => break 'attempts __output,
            }
        };
        __r::sleep_blocking(__delay);
    }
}
