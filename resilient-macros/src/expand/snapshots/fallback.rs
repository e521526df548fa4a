async fn load(key: Key) -> Result<Value, StoreError> {
    let output = {
        let key = ::resilient::__private::Spare::spare(&key);
        let output: Result<Value, StoreError> = if false {
            ::resilient::__private::never_taken::<Result<Value, StoreError>>()
        } else {
            '_body: { store().get(key).await }
        };
        output
    };
    match ::resilient::__private::unless_failed::<Result<Value, StoreError>>(output) {
        ::core::result::Result::Ok(output) => output,
        ::core::result::Result::Err(error) => {
            ::resilient::__private::fell_back();
            ::resilient::__private::fallback_async::<
                Result<Value, StoreError>,
                _,
            >(error, async |error| cache().get(&key, error).await)
                .await
        }
    }
}
