async fn load(key: &str, limit: Duration) -> Option<Value> {
    match ::resilient::__private::timeout(
            limit,
            async {
                if let ::core::option::Option::Some(output) = ::core::option::Option::None::<
                    Option<Value>,
                > {
                    return output;
                }
                '_body: { store().get(key).await }
            },
        )
        .await
    {
        ::core::result::Result::Ok(output) => output,
        ::core::result::Result::Err(timed_out) => {
            ::resilient::__private::timed_out::<Option<Value>>(timed_out)
        }
    }
}
