async fn load(key: &str, limit: Duration) -> Option<Value> {
    use ::resilient::__private as __r;
    let __limit = __r::limit(limit);
    let __future = async {
        if let __r::Some(__output) = __r::never::<Option<Value>>() {
            return __output;
        }
        '__body: { store().get(key).await }
    };
    match __r::timeout(__limit, __future).await {
        __r::Ok(__output) => __output,
        __r::Err(__timed_out) => __r::timed_out::<Option<Value>>(__timed_out),
    }
}
