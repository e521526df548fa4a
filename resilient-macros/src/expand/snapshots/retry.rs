fn read(path: PathBuf) -> io::Result<Vec<u8>> {
    let policy = {
        static POLICY: ::resilient::__private::RetryPolicy = ::resilient::__private::RetrySettings::NONE
            .build_const();
        &POLICY
    };
    let options = ::resilient::__private::CallOptions::new().timed();
    let mut retry = ::resilient::__private::retry(policy, &options, false);
    let mut kept = ::resilient::__private::Last::<io::Result<Vec<u8>>>::new();
    loop {
        let delay = {
            let known = ::resilient::__private::Kept::lend(&mut kept, &retry);
            let attempt = &known;
            let output = {
                let _marked = ::resilient::__private::mark(&mut retry);
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
            ::resilient::__private::Kept::give_back(&mut kept, known);
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
                ::resilient::__private::succeeded(&mut retry);
                break output;
            };
            let next = ::resilient::__private::after(
                &mut retry,
                ::resilient::__private::AttemptEnd::Failed(class),
                ::core::option::Option::None,
            );
            match next {
                ::core::result::Result::Ok(delay) => {
                    ::resilient::__private::tell(
                        &::resilient::__private::retry_event(&retry, &output, delay),
                        log,
                    );
                    ::resilient::__private::Kept::keep(&mut kept, output, &retry);
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
