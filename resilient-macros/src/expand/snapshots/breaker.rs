async fn load(key: &str) -> Option<Value> {
    use ::resilient::__private as __r;
    let breaker = {
        static __RESILIENT_BREAKER: __r::CallSite = __r::CallSite::new(|| {
            __r::Declaration::of_function(&|| (), __r::BreakerConfig::builder())
        });
        &__RESILIENT_BREAKER
    };
    let permit = match __r::CallSite::try_acquire(breaker) {
        __r::Ok(permit) => permit,
        __r::Err(open) => return __r::rejected::<Option<Value>>(open),
    };
    let output = {
        let future = async move {
            if let __r::Some(output) = __r::never::<Option<Value>>() {
                return output;
            }
            '_body: { store().get(key).await }
        };
        __r::within(&permit, future).await
    };
    let class = __r::Judge::new(&output).resilient_class();
    __r::report(permit, class);
    output
}
