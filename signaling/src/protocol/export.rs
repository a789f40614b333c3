//! TypeScript types of the wire protocol, made from the Rust types. The file is checked in, so
//! that the pages build without Rust and a server carries none of this; the test below fails
//! when it is stale, and rewrites it when `VITRINE_BLESS` is set.

use std::any::TypeId;
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;

use ts_rs::{Config, TS, TypeVisitor};

use super::api::{
    NewShow, Reminders, ServerInfo, ShowList, ShowPlan, Ticket, Transcript, Visit, VisitBody,
};
use super::chat::ModerationLog;
use super::client::ClientMessage;
use super::deals::{CouponBody, CouponList, DealBody, DealList};
use super::server::ServerMessage;
use super::shop::{
    AuthenticityView, BasketBody, BasketView, ConfirmBody, HostOrderBody, HostOrderList,
    ImportReport, PayView, ProductBody, ProductList, QuoteView, ReserveBody, RowError, SerialBody,
    SerialView, ShelfBody, ShippingBody,
};
use super::stats::Stats;
use super::{API, PROTOCOL_VERSION};

/// The whole generated file.
fn typescript() -> String {
    let config = Config::new().with_large_int("number");
    let mut out = String::from(
        "// Generated from signaling/src/protocol by cargo test (VITRINE_BLESS=1, see export.rs). Do not edit.\n\n",
    );
    writeln!(out, "/** Version stated in `join`. */").expect("a String takes every write");
    writeln!(out, "export const PROTOCOL_VERSION = {PROTOCOL_VERSION};")
        .expect("a String takes every write");
    writeln!(out, "/** Where the REST routes are. */").expect("a String takes every write");
    writeln!(out, "export const API = \"{API}\";").expect("a String takes every write");
    let mut collector = Collector {
        config: &config,
        seen: HashSet::new(),
        declarations: BTreeMap::new(),
    };
    collector.visit::<ClientMessage>();
    collector.visit::<ServerMessage>();
    collector.visit::<ShowList>();
    collector.visit::<NewShow>();
    collector.visit::<ShowPlan>();
    collector.visit::<Reminders>();
    collector.visit::<VisitBody>();
    collector.visit::<Visit>();
    collector.visit::<Ticket>();
    collector.visit::<ServerInfo>();
    collector.visit::<Transcript>();
    collector.visit::<ModerationLog>();
    collector.visit::<Stats>();
    collector.visit::<BasketBody>();
    collector.visit::<BasketView>();
    collector.visit::<ProductBody>();
    collector.visit::<ShippingBody>();
    collector.visit::<AuthenticityView>();
    collector.visit::<SerialBody>();
    collector.visit::<SerialView>();
    collector.visit::<ReserveBody>();
    collector.visit::<ConfirmBody>();
    collector.visit::<PayView>();
    collector.visit::<DealBody>();
    collector.visit::<CouponBody>();
    collector.visit::<CouponList>();
    collector.visit::<DealList>();
    collector.visit::<HostOrderBody>();
    collector.visit::<QuoteView>();
    collector.visit::<ProductList>();
    collector.visit::<ShelfBody>();
    collector.visit::<ImportReport>();
    collector.visit::<RowError>();
    collector.visit::<HostOrderList>();
    for declaration in collector.declarations.values() {
        out.push_str(declaration);
    }
    out
}

struct Collector<'a> {
    config: &'a Config,
    seen: HashSet<TypeId>,
    /// By name: the derive visits fields in another order at every compilation.
    declarations: BTreeMap<String, String>,
}

impl TypeVisitor for Collector<'_> {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        let declared = T::output_path().is_some();
        if !self.seen.insert(TypeId::of::<T>()) {
            return;
        }
        if declared {
            let docs = T::docs().unwrap_or_default();
            let declaration = T::decl(self.config);
            let text = format!("\n{docs}export {declaration}\n");
            self.declarations.insert(T::name(self.config), text);
        }
        T::visit_dependencies(self);
        T::visit_generics(self);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn the_checked_in_types_are_fresh() {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../client-web/src/net/protocol.gen.ts");
        let wanted = super::typescript();
        if std::env::var_os("VITRINE_BLESS").is_some() {
            std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("mkdir");
            std::fs::write(&path, &wanted).expect("write");
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            found == wanted,
            "client-web/src/net/protocol.gen.ts is stale; run \
             `VITRINE_BLESS=1 cargo test --release -p signaling export` and commit it"
        );
    }
}
