#[automatically_derived]
impl<'a, T: Into<u8>, E> ::resilient::Classify for ApiError<'a, T, E>
where
    T: Copy,
    Vec<E>: ::resilient::Classify,
{
    fn classify(&self) -> ::resilient::Classification {
        match self {
            Self::Timeout { .. } | Self::Reset { .. } => {
                ::resilient::Classification::transient()
            }
            Self::TooMany { wait: __field, .. } => {
                ::resilient::__private::with_hint(
                    ::resilient::Classification::throttled(),
                    ::core::convert::Into::into(*__field),
                )
            }
            Self::Busy { 1: __field, .. } => {
                ::resilient::__private::with_hint(
                    ::resilient::Classification::throttled(),
                    ::core::convert::Into::into(*__field),
                )
            }
            Self::NotFound { .. } => ::resilient::Classification::answered(),
            Self::Io { 0: __field, .. } => ::resilient::Classify::classify(&*__field),
            Self::Generic { source: __field, .. } => {
                ::resilient::Classify::classify(&*__field)
            }
            Self::Sql { 0: __field, .. } => sql::class::<E>(__field),
            Self::Code { code: __field, .. } => <T as Code>::class(__field),
            #[cfg(unix)]
            Self::Signal { .. } => ::resilient::Classification::transient(),
            Self::Declined { .. } => ::resilient::Classification::permanent(),
        }
    }
}
