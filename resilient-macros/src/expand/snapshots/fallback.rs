async fn load(mut key: Key) -> Result<Value, StoreError> {
    use ::resilient::__private as __r;
    let output = {
        let output: Result<Value, StoreError> = if false {
            __r::consume(&mut key);
            __r::never_taken::<Result<Value, StoreError>>()
        } else {
            let key = __r::Spare::spare(&key);
            '_body: { store().get(key).await }
        };
        output
    };
    match __r::unless_failed::<Result<Value, StoreError>>(output) {
        __r::Ok(output) => output,
        __r::Err(error) => {
            __r::fell_back();
            __r::fallback_async::<
                Result<Value, StoreError>,
                _,
            >(error, async |error| cache().get(&key, error).await)
                .await
        }
    }
}
