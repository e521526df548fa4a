pub async fn charge(&self, order: Order, log: &mut Log) -> Result<Receipt, PayError> {
    static RESILIENT_BREAKER: ::resilient::__private::Site = ::resilient::__private::Site::new(||
    ::resilient::__private::Declaration::named(
        "payments",
        ::resilient::__private::BreakerConfig::builder()
            .recovery_time(::core::time::Duration::from_secs(30u64)),
    ));
    static RESILIENT_POLICY: ::resilient::__private::RetryPolicy = ::resilient::__private::RetryPolicy::builder()
        .max_retries(3u32)
        .base_delay(::core::time::Duration::from_millis(100u64))
        .build_const();
    let policy = &RESILIENT_POLICY;
    let mut retry = ::resilient::__private::Retry::start_async(policy);
    let mut last = ::core::option::Option::None::<Result<Receipt, PayError>>;
    loop {
        let (output, next) = match RESILIENT_BREAKER.try_acquire() {
            ::core::result::Result::Ok(permit) => {
                ::core::mem::drop(last.take());
                let order = ::resilient::__private::Fresh::fresh(&order);
                let log = &mut *log;
                let output = async {
                    if let ::core::option::Option::Some(output) = ::core::option::Option::None::<
                        Result<Receipt, PayError>,
                    > {
                        ::resilient::__private::consume(order);
                        ::resilient::__private::consume(log);
                        return output;
                    }
                    {
                        log.note(&order);
                        self.http.post(order).await?.receipt()
                    }
                }
                    .await;
                let class = ::resilient::__private::Judge::new(&output).class();
                ::resilient::__private::report(permit, class);
                let ::core::option::Option::Some(class) = class else {
                    break output;
                };
                let open = RESILIENT_BREAKER.open_now();
                (output, retry.after_failure(class, open.as_ref()))
            }
            ::core::result::Result::Err(open) => {
                let next = retry.after_rejection(&open);
                let output = match last.take() {
                    ::core::option::Option::Some(output) => output,
                    ::core::option::Option::None => {
                        ::resilient::__private::rejected::<
                            Result<Receipt, PayError>,
                        >(open)
                    }
                };
                (output, next)
            }
        };
        match next {
            ::core::result::Result::Ok(delay) => {
                last = ::core::option::Option::Some(output);
                ::resilient::__private::sleep(delay).await;
            }
            ::core::result::Result::Err(_) => {
                break output;
            }
        }
    }
}
