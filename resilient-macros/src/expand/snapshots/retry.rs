fn read(path: PathBuf) -> io::Result<Vec<u8>> {
    static RESILIENT_POLICY: ::resilient::__private::RetryPolicy = ::resilient::__private::RetryPolicy::builder()
        .build_const();
    let policy = &RESILIENT_POLICY;
    let mut retry = ::resilient::__private::Retry::start(policy).timed();
    let mut last = ::core::option::Option::None::<io::Result<Vec<u8>>>;
    loop {
        let known = ::resilient::__private::attempt(&retry, last.take());
        let attempt = &known;
        let path = ::resilient::__private::Fresh::fresh(&path);
        let output = (|| {
            if let ::core::option::Option::Some(output) = ::core::option::Option::None::<
                io::Result<Vec<u8>>,
            > {
                ::resilient::__private::consume(path);
                return output;
            }
            { fs::read(path) }
        })();
        let class = {
            let class = ::resilient::__private::Judge::new(&output).class();
            match (class, ::resilient::__private::error_of(&output)) {
                (
                    ::core::option::Option::Some(class),
                    ::core::option::Option::Some(error),
                ) => {
                    ::core::option::Option::Some(
                        ::resilient::__private::with_hint(
                            ::resilient::__private::with_retry(
                                class,
                                ::core::matches!(error, Timeout),
                            ),
                            class.retry_after,
                        ),
                    )
                }
                _ => ::core::option::Option::None,
            }
        };
        let ::core::option::Option::Some(class) = class else {
            break output;
        };
        match retry.after_failure(class, ::core::option::Option::None) {
            ::core::result::Result::Ok(delay) => {
                ::resilient::__private::tell(
                    &::resilient::__private::retry_event(&retry, &output, delay),
                    log,
                );
                last = ::core::option::Option::Some(output);
                ::resilient::__private::sleep_blocking(delay);
            }
            ::core::result::Result::Err(_) => {
                break output;
            }
        }
    }
}
