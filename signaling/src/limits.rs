//! Every bound of this crate, with where the number comes from.

/// Bounds of the shop.
pub mod shop {
    /// Highest price, in minor units: ten thousand million euros. Times the highest quantity it
    /// stays exact in a page's number (2^53).
    pub const PRICE_MINOR_MAX: i64 = 1_000_000_000_000;
    /// Pieces in one order; a wholesale carton, far above a viewer's purchase.
    pub const ORDER_QUANTITY_MAX: u32 = 1_000;
    /// Pieces of one product.
    pub const STOCK_MAX: u32 = 100_000_000;
    /// Characters in a product id: fits a URL and a printed label.
    pub const PRODUCT_ID_CHARS_MAX: usize = 64;
    /// Characters in a title: two lines of a product card.
    pub const TITLE_CHARS_MAX: usize = 200;
    /// Characters in a description: about two printed pages.
    pub const DESCRIPTION_CHARS_MAX: usize = 5_000;
    /// Pictures of a product.
    pub const IMAGES_MAX: usize = 8;
    /// Characters in a picture's URL; what browsers and proxies agree on.
    pub const IMAGE_URL_CHARS_MAX: usize = 2_048;
    /// Products in one import and on one shelf; a gala shows about a hundred.
    pub const IMPORT_PRODUCTS_MAX: usize = 5_000;
    /// Bytes of an import: room for the products above at 1.6 kB each.
    pub const IMPORT_BYTES_MAX: usize = 8 * 1024 * 1024;
    /// Mistakes reported by one import; more do not help anybody to mend the file.
    pub const IMPORT_ERRORS_MAX: usize = 100;
    /// Bytes of an order's request body.
    pub const ORDER_BYTES_MAX: usize = 16 * 1024;
    /// Characters of a buyer's name, contact or address.
    pub const CONTACT_CHARS_MAX: usize = 500;
    /// Characters of an idempotency key; a UUID has 36.
    pub const IDEMPOTENCY_KEY_CHARS_MAX: usize = 128;
    /// Characters of a quote: the payload's fields at their longest, in base64.
    pub const QUOTE_CHARS_MAX: usize = 1_024;
    /// Requests waiting for the shop's task: two seconds of 2,500 orders a second. Full: refuse
    /// with 503 and `Retry-After`.
    pub const INBOX_REQUESTS_MAX: usize = 5_000;
    /// Requests in one transaction, so that no buyer waits long behind others.
    pub const BATCH_REQUESTS_MAX: usize = 512;
    /// Wait after a failure of the store before holds are looked at again.
    pub const STORE_RETRY_MS: u64 = 1_000;
    /// How often the store is asked whether another process wrote to it: a second process's sale
    /// shows on this one's pages within this time.
    pub const STORE_WATCH_MS: u64 = 1_000;
    /// Notices the rooms have not yet taken; beyond, they wait in the shop's outbox.
    pub const NOTICES_MAX: usize = 1_024;
    /// Order notices in the outbox. Full: the oldest is dropped and counted, for the host's list
    /// of orders has them all. Stock notices are one per product, the latest wins.
    pub const OUTBOX_ORDERS_MAX: usize = 4_096;
    /// Orders in the host's list, newest first.
    pub const ORDERS_LISTED_MAX: i64 = 1_000;
    /// Holds released by one transaction; the rest follow in the next one at once.
    pub const EXPIRIES_PER_BATCH_MAX: i64 = 512;
    /// Connections for reading: WAL readers never wait for the writer, cores are the limit.
    pub const STORE_READERS_MAX: u32 = 4;

    const _: () = assert!(PRICE_MINOR_MAX as i128 * ORDER_QUANTITY_MAX as i128 <= 1 << 53);
}
