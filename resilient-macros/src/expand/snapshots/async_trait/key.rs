fn send<'life0, 'async_trait>(
    &'life0 self,
    __arg1: (Host, Request),
    __arg2: Order,
) -> ::core::pin::Pin<
    Box<
        dyn ::core::future::Future<
            Output = Result<Reply, SendError>,
        > + ::core::marker::Send + 'async_trait,
    >,
>
where
    'life0: 'async_trait,
    Self: 'async_trait,
{
    ::std::boxed::Box::pin(async move {
        use ::resilient::__private as __r;
        let __breakers = {
            static __RESILIENT_BREAKERS: __r::KeyedCallSite = __r::KeyedCallSite::new(|| {
                __r::Declaration::of_function(&|| (), __r::BreakerConfig::builder())
            });
            &__RESILIENT_BREAKERS
        };
        let __breaker: &__r::CircuitBreaker = &{
            let (host, _request) = &__arg1;
            __r::consume((&host,));
            let __breaker = __r::Key::new(&(&host.name)).resilient_breaker(__breakers);
            __breaker
        };
        let __permit = match __r::CircuitBreaker::try_acquire(__breaker) {
            __r::Ok(__permit) => __permit,
            __r::Err(__open) => return __r::rejected::<Result<Reply, SendError>>(__open),
        };
        let __output = {
            let __future = async move {
                if let __r::Some(__output) = __r::never::<Result<Reply, SendError>>() {
                    __r::consume(__arg2);
                    __r::consume(__arg1);
                    return __output;
                }
                '__body: {
                    if let ::core::option::Option::Some(__ret) = ::core::option::Option::None::<
                        Result<Reply, SendError>,
                    > {
                        #[allow(unreachable_code)] return __ret;
                    }
                    let __self = self;
                    let (mut host, _request) = {
                        let __arg1 = __arg1;
                        __arg1
                    };
                    let Order { id, .. } = {
                        let __arg2 = __arg2;
                        __arg2
                    };
                    let __ret: Result<Reply, SendError> = {
                        __self.at(host).post(_request, id).await
                    };
                    #[allow(unreachable_code)] __ret
                }
            };
            __r::within(&__permit, __future).await
        };
        let __text = __r::Text::new(&__output).resilient_text();
        let __class = __r::Judge::new(&__output).resilient_health();
        let __output = __text.report(__permit, __class, __output);
        __output
    })
}
