#[automatically_derived]
impl ::resilient::Classify for DbError {
    fn classify(&self) -> ::resilient::Classification {
        class(&self.0)
    }
}
