//! If the body only borrows an owned `self`, the expansion does not clone `self`.

use resilient::retry;

struct Order {
    items: Vec<u32>,
}

impl Order {
    #[retry]
    async fn placed(self) -> Option<usize> {
        let items = &self.items;
        Some(items.len())
    }

    #[retry]
    fn counted(self: Box<Self>) -> Option<usize> {
        let items = &self.items;
        Some(items.len())
    }
}

#[tokio::test]
async fn runs() {
    assert_eq!(Order { items: vec![1] }.placed().await, Some(1));
    assert_eq!(Box::new(Order { items: vec![1] }).counted(), Some(1));
}
