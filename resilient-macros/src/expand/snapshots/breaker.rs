async fn load(key: &str) -> Option<Value> {
    let breaker = {
        static __RESILIENT_BREAKER: ::resilient::__private::CallSite = ::resilient::__private::CallSite::new(||
        ::resilient::__private::Declaration::of_function(
            &|| (),
            ::resilient::__private::BreakerConfig::builder(),
        ));
        &__RESILIENT_BREAKER
    };
    let permit = match ::resilient::__private::CallSite::try_acquire(breaker) {
        ::core::result::Result::Ok(permit) => permit,
        ::core::result::Result::Err(open) => {
            return ::resilient::__private::rejected::<Option<Value>>(open);
        }
    };
    let output = {
        let output: Option<Value> = if false {
            ::resilient::__private::never_taken::<Option<Value>>()
        } else {
            '_body: { store().get(key).await }
        };
        output
    };
    ::resilient::__private::report(
        permit,
        ::resilient::__private::Judge::new(&output).resilient_class(),
    );
    output
}
