fn send<'life0, 'async_trait>(
    &'life0 self,
    mut request: Request,
    limit: u32,
) -> ::core::pin::Pin<
    Box<
        dyn ::core::future::Future<
            Output = Result<Reply, RetryError<SendError>>,
        > + ::core::marker::Send + 'async_trait,
    >,
>
where
    'life0: 'async_trait,
    Self: 'async_trait,
{
    ::std::boxed::Box::pin(async move {
        let limit = limit;
        use ::resilient::__private as __r;
        let __policy = {
            static __RESILIENT_RETRY: __r::RetrySite = __r::RetrySettings::NONE
                .of_function(&|| ());
            __r::RetrySite::policy(&__RESILIENT_RETRY)
        };
        let __options = __r::CallOptions::new().timed();
        let mut __retry = __r::retry(__policy, &__options, true);
        let mut __log = <<Result<
            Reply,
            RetryError<SendError>,
        > as __r::LoggedOutput>::Log as __r::Default>::default();
        'attempts: loop {
            let __delay = {
                __r::AttemptLog::<
                    <Result<Reply, RetryError<SendError>> as __r::LoggedOutput>::Attempt,
                >::forget(&mut __log);
                let __output = {
                    let __future = async {
                        if let __r::Some(__output) = __r::never::<
                            <Result<
                                Reply,
                                RetryError<SendError>,
                            > as __r::LoggedOutput>::Attempt,
                        >() {
                            __r::consume(&mut request);
                            return __output;
                        }
                        '__body: {
                            if let ::core::option::Option::Some(__ret) = ::core::option::Option::None::<
                                <Result<
                                    Reply,
                                    RetryError<SendError>,
                                > as __r::LoggedOutput>::Attempt,
                            > {
                                #[allow(unreachable_code)] return __ret;
                            }
                            let __self = self;
                            let __ret: <Result<
                                Reply,
                                RetryError<SendError>,
                            > as __r::LoggedOutput>::Attempt = {
                                __self.http.post(&request).await
                            };
                            #[allow(unreachable_code)] __ret
                        }
                    };
                    __r::attempted(&mut __retry, __future).await
                };
                let __text = __r::Text::new(&__output).resilient_text();
                let __class = __r::Judge::new(&__output).resilient_class();
                let __r::Some(__class) = __class else {
                    __r::succeeded(&mut __retry);
                    break 'attempts __r::AttemptLog::succeed(&mut __log, __output);
                };
                let (__output, __end) = __text.failed(&__retry, __class, __output);
                let __open = __r::None;
                let __next = __r::after(&mut __retry, __end, __open);
                match __next {
                    __r::Ok(__delay) => {
                        __r::AttemptLog::keep(&mut __log, __output, &__retry);
                        __delay
                    }
                    __r::Err(__reason) => {
                        break 'attempts __r::AttemptLog::end(
                            &mut __log,
                            __output,
                            &__retry,
                            __reason,
                        );
                    }
                }
            };
            __r::sleep(__delay).await;
            __r::AttemptLog::<
                <Result<Reply, RetryError<SendError>> as __r::LoggedOutput>::Attempt,
            >::slept(&mut __log, &__retry);
        }
    })
}
