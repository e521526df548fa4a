#[automatically_derived]
impl<T: Copy, E> ::resilient::Classify for OrderError<T, E> {
    fn classify(&self) -> ::resilient::Classification {
        match self {
            Self::Open { 0: __field, .. } => ::resilient::Classify::classify(&*__field),
            #[cfg(unix)]
            Self::Late { limit: __field, .. } => {
                ::resilient::Classify::classify(&*__field)
            }
            Self::Stock { .. } => ::resilient::Classification::transient(),
        }
    }
}
#[automatically_derived]
impl<T: Copy, E> ::core::convert::From<::resilient::CircuitOpen> for OrderError<T, E> {
    fn from(__error: ::resilient::CircuitOpen) -> Self {
        Self::Open {
            0: ::core::convert::From::from(__error),
        }
    }
}
#[cfg(unix)]
#[automatically_derived]
impl<T: Copy, E> ::core::convert::From<::resilient::TimedOut> for OrderError<T, E> {
    fn from(__error: ::resilient::TimedOut) -> Self {
        Self::Late {
            limit: ::core::convert::From::from(__error),
        }
    }
}
