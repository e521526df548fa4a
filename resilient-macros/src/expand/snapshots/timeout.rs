async fn load(key: &str, limit: Duration) -> Option<Value> {
    use ::resilient::__private as __r;
    let limit = __r::limit(limit);
    let future = async {
        if let __r::Some(output) = __r::never::<Option<Value>>() {
            return output;
        }
        '_body: { store().get(key).await }
    };
    match __r::timeout(limit, future).await {
        __r::Ok(output) => output,
        __r::Err(timed_out) => __r::timed_out::<Option<Value>>(timed_out),
    }
}
