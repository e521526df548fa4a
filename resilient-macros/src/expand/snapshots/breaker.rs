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
        let output: Option<Value> = if false {
            __r::never_taken::<Option<Value>>()
        } else {
            '_body: { store().get(key).await }
        };
        output
    };
    let class = __r::Judge::new(&output).resilient_health();
    __r::report(permit, class);
    output
}
