fn read(path: PathBuf) -> io::Result<Vec<u8>> {
    use ::resilient::__private as __r;
    let policy = {
        static POLICY: __r::RetryPolicy = __r::RetrySettings::NONE.build_const();
        &POLICY
    };
    let options = __r::CallOptions::new().timed();
    let mut retry = __r::retry(policy, &options, false);
    let mut log = __r::LastOutput::<io::Result<Vec<u8>>>::new();
    'attempts: loop {
        let delay = {
            let known = __r::AttemptLog::lend(&mut log, &retry);
            let attempt = &known;
            let output = {
                let _marked = __r::mark(&mut retry);
                let path = __r::Fresh::fresh(&path);
                (|| -> io::Result<Vec<u8>> {
                    if let __r::Some(output) = __r::never::<io::Result<Vec<u8>>>() {
                        __r::consume(path);
                        return output;
                    }
                    '_body: { fs::read(path) }
                })()
            };
            __r::AttemptLog::take_back(&mut log, known);
            let class = __r::Judge::new(&output).resilient_class();
            let class = __r::failure_of(&output, class)
                .map(|(error, class)| __r::with_retry(
                    class,
                    __r::matches!(error, Timeout),
                ));
            let __r::Some(class) = class else {
                __r::succeeded(&mut retry);
                break 'attempts output;
            };
            let next = __r::after(&mut retry, __r::AttemptEnd::Failed(class), __r::None);
            match next {
                __r::Ok(delay) => {
                    if let __r::Some(event) = __r::retry_event(&retry, &output, delay) {
                        __r::tell(&event, log);
                    }
                    __r::AttemptLog::keep(&mut log, output, &retry);
                    delay
                }
                __r::Err(_) => break 'attempts output,
            }
        };
        __r::sleep_blocking(delay);
    }
}
