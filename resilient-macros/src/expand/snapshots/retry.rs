fn read(path: PathBuf) -> io::Result<Vec<u8>> {
    let policy = {
        static POLICY: ::resilient::__private::RetryPolicy = ::resilient::__private::RetryPolicy::builder()
            .build_const();
        &POLICY
    };
    let mut retry = ::resilient::__private::Retry::start(policy).timed();
    let mut last = ::core::option::Option::None::<io::Result<Vec<u8>>>;
    loop {
        let delay = {
            let known = ::resilient::__private::attempt(
                &retry,
                ::resilient::__private::take(&mut last),
            );
            let attempt = &known;
            let output = {
                let path = ::resilient::__private::Fresh::fresh(&path);
                (|| -> io::Result<Vec<u8>> {
                    if let ::core::option::Option::Some(output) = ::core::option::Option::None::<
                        io::Result<Vec<u8>>,
                    > {
                        ::resilient::__private::consume(path);
                        return output;
                    }
                    '_body: { fs::read(path) }
                })()
            };
            let class = {
                let class = ::resilient::__private::Judge::new(&output)
                    .resilient_class();
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
            match ::resilient::__private::after_failure(
                &mut retry,
                class,
                ::core::option::Option::None,
            ) {
                ::core::result::Result::Ok(delay) => {
                    ::resilient::__private::tell(
                        &::resilient::__private::retry_event(&retry, &output, delay),
                        log,
                    );
                    last = ::core::option::Option::Some(output);
                    delay
                }
                ::core::result::Result::Err(_) => {
                    break output;
                }
            }
        };
        ::resilient::__private::sleep_blocking(delay);
    }
}
