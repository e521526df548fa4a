#[automatically_derived]
impl ::renamed::Classify for Busy {
    fn classify(&self) -> ::renamed::Classification {
        ::renamed::__private::with_hint(
            ::renamed::Classification::throttled(),
            ::core::convert::Into::into(self.wait),
        )
    }
}
