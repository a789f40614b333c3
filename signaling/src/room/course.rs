//! The course of a show: when it starts, in which order the shelf stands, what is over the picture
//! and what is being shown now, and what changed about what is sold.

use serde::{Deserialize, Serialize};

use super::Room;
use super::input::{Effect, Refusal};
use super::rules::presenter;
use crate::protocol::client::Role;
use crate::protocol::server::{Pin, ProductView, RoomEvent};

/// What is over the picture, as it survives a restart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Display {
    /// Oldest first.
    pub pins: Vec<Pin>,
    /// The product that is being shown.
    pub now_showing: Option<String>,
}

/// How a show is announced; checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Title for people.
    pub title: String,
    /// Cover picture URL.
    pub cover: Option<String>,
    /// When it is to start, Unix ms.
    pub starts_ms: Option<u64>,
}

impl Room {
    pub(super) fn plan(&mut self, now_ms: u64, plan: Plan) {
        let mut info = self.state.info.clone();
        (info.title, info.cover, info.starts_ms) = (plan.title, plan.cover, plan.starts_ms);
        if info != self.state.info {
            self.append_shared(now_ms, RoomEvent::Show(info));
        }
    }

    pub(super) fn show_now(
        &mut self,
        now_ms: u64,
        role: Role,
        product: Option<String>,
    ) -> Result<(), Refusal> {
        presenter(role)?;
        if product.as_ref().is_some_and(|id| !self.has_product(id)) {
            return Err(Refusal::UnknownProduct);
        }
        if self.state.now_showing != product {
            self.append_shared(now_ms, RoomEvent::NowShowing { product });
        }
        Ok(())
    }

    /// The shelf stands in this order; what it does not name comes after.
    pub(super) fn order(&mut self, now_ms: u64, products: Vec<String>) {
        let place = |id: &String| products.iter().position(|other| other == id);
        let places = self
            .state
            .products
            .iter()
            .map(|known| place(&known.id).unwrap_or(usize::MAX));
        if !places.is_sorted() {
            self.append_shared(now_ms, RoomEvent::Order { products });
        }
    }

    /// What was over the picture before a restart, as far as it is still on the shelf.
    pub(super) fn restore_display(&mut self, now_ms: u64, display: Display) {
        for pin in display.pins {
            if self.has_product(&pin.product) {
                self.append(now_ms, RoomEvent::Pinned(pin));
            }
        }
        let product = display.now_showing.filter(|id| self.has_product(id));
        if product.is_some() {
            self.append(now_ms, RoomEvent::NowShowing { product });
        }
    }

    /// Says so when a product that is already here costs something else, or is sold out.
    pub(super) fn tell_change(&mut self, now_ms: u64, before: &ProductView) {
        let known = self
            .state
            .products
            .iter()
            .find(|known| known.id == before.id);
        let Some(now) = known else { return };
        let product = before.id.clone();
        let is_sold_out = before.available > 0 && now.available == 0;
        let (was, price) = (before.price.clone(), now.price.clone());
        if was != price && was.currency == price.currency {
            let product = product.clone();
            self.append(
                now_ms,
                RoomEvent::PriceChanged {
                    product,
                    was,
                    price,
                },
            );
        }
        if is_sold_out {
            self.append(now_ms, RoomEvent::SoldOut { product });
        }
    }

    /// What is over the picture now, to be kept.
    pub(super) fn keep_display(&mut self) {
        let display = Display {
            pins: self.state.pins.clone(),
            now_showing: self.state.now_showing.clone(),
        };
        self.effects.push_back(Effect::Display(display));
    }

    pub(super) fn has_product(&self, id: &str) -> bool {
        self.state.products.iter().any(|known| known.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::super::input::{Ask, Input};
    use super::super::tests::{HOST, VIEWER, info, product, seat};
    use super::*;
    use crate::protocol::server::ShowInfo;

    /// A room with three products, a host and a viewer.
    fn room() -> Room {
        let mut room = Room::new(info(), "e".into(), 1);
        for id in ["a", "b", "c"] {
            room.handle(0, Input::Product(product(id)))
                .expect("a product");
        }
        for (peer, name, role) in [(HOST, "host", Role::Host), (VIEWER, "eve", Role::Viewer)] {
            let join = Input::Join {
                peer,
                seat: seat(name, role),
                resume: None,
                captions: None,
            };
            room.handle(0, join).expect("let in");
        }
        effects(&mut room);
        room
    }

    fn effects(room: &mut Room) -> Vec<Effect> {
        std::iter::from_fn(|| room.poll()).collect()
    }

    /// What was told, with its media time.
    fn told(room: &mut Room) -> Vec<(u64, RoomEvent)> {
        let effects = effects(room).into_iter();
        let entry = |effect| match effect {
            Effect::Entry(entry) => Some((entry.at_ms, entry.event.clone())),
            _ => None,
        };
        effects.filter_map(entry).collect()
    }

    fn shelf(room: &Room) -> Vec<&str> {
        room.state()
            .products
            .iter()
            .map(|product| product.id.as_str())
            .collect()
    }

    fn now(product: Option<&str>) -> Ask {
        Ask::NowShowing(product.map(str::to_owned))
    }

    #[test]
    fn only_who_presents_says_what_is_shown_and_only_of_the_shelf() {
        let mut room = room();
        let refused = |room: &mut Room, peer, ask| room.handle(1, Input::Ask(peer, ask));
        assert_eq!(
            refused(&mut room, VIEWER, now(Some("a"))),
            Err(Refusal::NotPresenter)
        );
        assert_eq!(
            refused(&mut room, HOST, now(Some("x"))),
            Err(Refusal::UnknownProduct)
        );
        assert_eq!(room.state().now_showing, None);
        for (at_ms, product, is_news) in
            [(2, Some("b"), true), (3, Some("b"), false), (4, None, true)]
        {
            room.handle(at_ms, Input::Ask(HOST, now(product)))
                .expect("allowed");
            let product = product.map(str::to_owned);
            let event = (at_ms, RoomEvent::NowShowing { product });
            let wanted = if is_news { vec![event] } else { Vec::new() };
            assert_eq!(told(&mut room), wanted);
        }
    }

    #[test]
    fn the_shelf_is_put_in_order_once_and_everywhere() {
        let mut room = room();
        let order = |ids: &[&str]| Input::Order(ids.iter().map(|id| (*id).to_owned()).collect());
        room.handle(5, order(&["c", "gone", "a"])).expect("ordered");
        assert_eq!(
            shelf(&room),
            ["c", "a", "b"],
            "what is not named comes after"
        );
        assert!(
            effects(&mut room)
                .iter()
                .any(|effect| matches!(effect, Effect::Share(_)))
        );
        room.handle(6, order(&["c", "a", "b"])).expect("ordered");
        assert_eq!(effects(&mut room), [], "as it stands");
    }

    #[test]
    fn what_is_over_the_picture_survives_a_restart_and_products_that_left() {
        let mut room = room();
        for ask in [Ask::Pin("a".into()), Ask::Pin("b".into()), now(Some("c"))] {
            room.handle(7, Input::Ask(HOST, ask)).expect("allowed");
        }
        let kept = effects(&mut room)
            .into_iter()
            .rev()
            .find_map(|effect| match effect {
                Effect::Display(display) => Some(display),
                _ => None,
            });
        let kept = kept.expect("what is shown is kept");
        let mut again = Room::new(info(), "f".into(), 2);
        for id in ["b", "c"] {
            again
                .handle(8, Input::Product(product(id)))
                .expect("a product");
        }
        again
            .handle(8, Input::RestoreDisplay(kept))
            .expect("restored");
        let pins: Vec<_> = again
            .state()
            .pins
            .iter()
            .map(|pin| (pin.product.as_str(), pin.at_ms))
            .collect();
        assert_eq!(pins, [("b", 7)], "with its media time");
        assert_eq!(again.state().now_showing.as_deref(), Some("c"));
        again
            .handle(9, Input::ProductRemoved("c".into()))
            .expect("removed");
        assert_eq!(again.state().now_showing, None);
    }

    #[test]
    fn prices_and_the_last_piece_are_told_with_their_time() {
        let mut room = room();
        let mut cheaper = product("a");
        cheaper.price.minor = 500;
        cheaper.variants[0].prices[0].price.minor = 500;
        room.handle(10, Input::Product(cheaper.clone()))
            .expect("changed");
        let changed = RoomEvent::PriceChanged {
            product: "a".into(),
            was: product("a").price,
            price: cheaper.price.clone(),
        };
        assert_eq!(
            told(&mut room),
            [(10, RoomEvent::Product(cheaper)), (10, changed)]
        );
        for (at_ms, available, is_out) in [(11, 2, false), (12, 0, true), (13, 1, false)] {
            room.handle(at_ms, Input::Stock("a".into(), "a".into(), available))
                .expect("known");
            let out = (
                at_ms,
                RoomEvent::SoldOut {
                    product: "a".into(),
                },
            );
            assert_eq!(told(&mut room).contains(&out), is_out, "{available} left");
        }
    }

    #[test]
    fn another_plan_is_told_and_saved_the_same_is_not() {
        let mut room = room();
        let plan = Plan {
            title: "Bags".into(),
            cover: Some("/c.webp".into()),
            starts_ms: Some(99),
        };
        let info = ShowInfo {
            title: "Bags".into(),
            cover: Some("/c.webp".into()),
            starts_ms: Some(99),
            ..info()
        };
        room.handle(14, Input::Plan(plan.clone())).expect("planned");
        assert_eq!(room.state().info, info);
        assert!(effects(&mut room).contains(&Effect::Save(info)));
        room.handle(15, Input::Plan(plan)).expect("planned");
        assert_eq!(effects(&mut room), []);
    }
}
