async fn load(mut key: Key) -> Result<Value, StoreError> {
    use ::resilient::__private as __r;
    let __output = {
        let __output: Result<Value, StoreError> = if false {
            __r::consume(&mut key);
            __r::never_taken::<Result<Value, StoreError>>()
        } else {
            let key = __r::Spare::fresh(&key);
            '__body: { store().get(key).await }
        };
        __output
    };
    match __r::unless_failed::<Result<Value, StoreError>>(__output) {
        __r::Ok(__output) => __output,
        __r::Err(__error) => {
            __r::fell_back();
            __r::fallback_async::<
                Result<Value, StoreError>,
                _,
            >(__error, async |error| cache().get(&key, error).await)
                .await
        }
    }
}
