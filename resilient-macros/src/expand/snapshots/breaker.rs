async fn load(key: &str) -> Option<Value> {
    use ::resilient::__private as __r;
    let __breaker = {
        static __RESILIENT_BREAKER: __r::CallSite = __r::CallSite::new(|| {
            __r::Declaration::of_function(&|| (), __r::BreakerConfig::builder())
        });
        &__RESILIENT_BREAKER
    };
    let __permit = match __r::CallSite::try_acquire(__breaker) {
        __r::Ok(__permit) => __permit,
        __r::Err(__open) => return __r::rejected::<Option<Value>>(__open),
    };
    let __output = {
        let __future = async move {
            if let __r::Some(__output) = __r::never::<Option<Value>>() {
                return __output;
            }
            '__body: { store().get(key).await }
        };
        __r::within(&__permit, __future).await
    };
    let __text = __r::Text::new(&__output).resilient_text();
    let __class = __r::Judge::new(&__output).resilient_health();
    let __output = __text.report(__permit, __class, __output);
    __output
}
