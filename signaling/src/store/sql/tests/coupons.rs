//! Coupons in the store: what they take off, and how often, whoever asks, by two servers.

use super::*;
use crate::protocol::deals::CouponBody;
use crate::shop::coupon::{Coupon, NoCoupon};
use crate::shop::payment::{Charge, News};
use crate::shop::pricing::NoPrice;

fn coupon(code: &str, spoil: impl FnOnce(&mut CouponBody)) -> Command {
    let mut body = CouponBody {
        percent: Some(10),
        ..CouponBody::default()
    };
    spoil(&mut body);
    let coupon = Coupon::check(DEFAULT_MERCHANT, code, &body);
    Command::PutCoupon(coupon.expect("a coupon"))
}

/// A reservation of one lamp for 45 instead of 50 euros.
async fn with(store: &SqlStore, now: u64, buyer: &str, id: &str, code: &str) -> Outcome {
    let lamp = quote(store, "lamp").await;
    let Command::Reserve(asked) = reserve(now, id, &lamp, 1) else {
        panic!("a reservation")
    };
    let reserve = Reserve {
        buyer: buyer.into(),
        coupon: Some(code.into()),
        total_minor: 4_500,
        ..asked
    };
    apply(store, now, Command::Reserve(reserve)).await
}

fn refused(why: NoCoupon) -> Outcome {
    Outcome::Refused(Refusal::NoPrice(NoPrice::Coupon(why)))
}

async fn uses(store: &SqlStore, code: &str) -> u32 {
    let found = store.coupon(DEFAULT_MERCHANT, code).await.expect("read");
    found.expect("a coupon").taken
}

async fn shop() -> (Place, [SqlStore; 2]) {
    let place = Place::new();
    let stores = [place.open().await, place.open().await];
    apply(&stores[0], 0, import("lamp,Lamp,50,EUR,50\n")).await;
    (place, stores)
}

#[tokio::test]
async fn a_coupon_is_used_so_often_in_all_and_returned_by_who_does_not_buy() {
    let (_place, [one, two]) = shop().await;
    let twice = |body: &mut CouponBody| body.total = Some(2);
    assert_eq!(apply(&one, 0, coupon("summer", twice)).await, Outcome::Set);
    let made = with(&one, 0, "ada", "a", "SUMMER").await;
    let Outcome::Reserved { order, .. } = &made else {
        panic!("{made:?}")
    };
    assert_eq!(order.coupon.as_deref(), Some("SUMMER"));
    let minor = |money: &crate::protocol::server::Money| money.minor;
    assert_eq!(
        (order.discount.as_ref().map(minor), minor(&order.total)),
        (Some(500), 4_500)
    );
    assert!(matches!(
        with(&two, 0, "bo", "b", "SUMMER").await,
        Outcome::Reserved { .. }
    ));
    assert_eq!(
        with(&one, 0, "cy", "c", "SUMMER").await,
        refused(NoCoupon::UsedUp)
    );
    assert_eq!(uses(&two, "SUMMER").await, 2);
    let fewer = apply(&one, 0, coupon("SUMMER", |body| body.total = Some(1))).await;
    assert_eq!(fewer, Outcome::Refused(Refusal::CouponTaken(2)));

    // One is given up, one runs out: both uses are there again.
    apply(&two, 1, cancel("a")).await;
    assert!(matches!(
        with(&one, 1, "cy", "c", "SUMMER").await,
        Outcome::Reserved { .. }
    ));
    apply_all(&one, 10_000, &[]).await;
    assert_eq!(uses(&one, "SUMMER").await, 0);
    let last = with(&two, 10_000, "di", "d", "SUMMER").await;
    assert!(matches!(last, Outcome::Reserved { .. }));
    let bought = apply(&one, 10_001, confirm("d")).await;
    assert_eq!(state(&bought).0, OrderState::Confirmed);
    apply_all(&one, 20_000, &[]).await;
    assert_eq!(uses(&one, "SUMMER").await, 1, "bought");
    // Out of use and made again it knows what it was used for.
    let gone = Command::DropCoupon {
        merchant: DEFAULT_MERCHANT.into(),
        code: "SUMMER".into(),
    };
    assert_eq!(apply(&one, 20_000, gone.clone()).await, Outcome::Set);
    assert_eq!(
        apply(&one, 20_000, gone).await,
        Outcome::Refused(Refusal::UnknownCoupon)
    );
    assert_eq!(
        with(&one, 20_000, "eve", "e", "SUMMER").await,
        refused(NoCoupon::Unknown)
    );
    apply(&one, 20_000, coupon("summer", |_| ())).await;
    assert_eq!(uses(&one, "SUMMER").await, 1);
}

#[tokio::test]
async fn each_buyer_uses_a_coupon_so_often_also_in_two_tabs() {
    let (_place, [one, two]) = shop().await;
    apply(&one, 0, coupon("once", |body| body.per_buyer = Some(1))).await;
    assert!(matches!(
        with(&one, 0, "ada", "a", "ONCE").await,
        Outcome::Reserved { .. }
    ));
    assert_eq!(
        with(&two, 0, "ada", "b", "ONCE").await,
        refused(NoCoupon::Used)
    );
    assert!(matches!(
        with(&two, 0, "ada-too", "c", "ONCE").await,
        Outcome::Reserved { .. }
    ));
    let bought = apply(&one, 1, confirm("a")).await;
    assert_eq!(state(&bought).0, OrderState::Confirmed);
    assert_eq!(apply(&two, 1, confirm("c")).await, refused(NoCoupon::Used));
}

#[tokio::test]
async fn its_time_its_least_sum_and_what_the_buyer_saw_are_kept() {
    let (_place, [store, _]) = shop().await;
    apply(&store, 0, coupon("soon", |body| body.starts_ms = Some(10))).await;
    apply(&store, 0, coupon("over", |body| body.ends_ms = Some(10))).await;
    let least = |body: &mut CouponBody| body.minimum = Some("50.01 EUR".into());
    apply(&store, 0, coupon("least", least)).await;
    let dollars = |body: &mut CouponBody| {
        (body.percent, body.amount) = (None, Some("1 USD".into()));
    };
    apply(&store, 0, coupon("usd", dollars)).await;
    apply(&store, 0, coupon("half", |body| body.percent = Some(50))).await;
    let ask = async |now, code: &str| with(&store, now, "ada", code, code).await;
    assert_eq!(
        ask(9, "SOON").await,
        refused(NoCoupon::NotYet { starts_ms: 10 })
    );
    assert!(matches!(ask(10, "SOON").await, Outcome::Reserved { .. }));
    assert_eq!(ask(10, "OVER").await, refused(NoCoupon::Expired));
    let sum = crate::shop::money::Amount::new(5_001, "EUR").expect("a sum");
    assert_eq!(ask(10, "LEAST").await, refused(NoCoupon::Minimum(sum)));
    assert_eq!(ask(10, "USD").await, refused(NoCoupon::Currency("USD")));
    assert_eq!(ask(10, "NEVER").await, refused(NoCoupon::Unknown));
    // The buyer saw another sum than this coupon makes.
    let stale = ask(10, "HALF").await;
    assert!(matches!(&stale, Outcome::Refused(Refusal::Stale(now)) if now.total.minor() == 2_500));
}

#[tokio::test]
async fn late_money_goes_back_when_the_coupon_is_used_up() {
    let (_place, [store, _]) = shop().await;
    apply(&store, 0, coupon("one", |body| body.total = Some(1))).await;
    with(&store, 0, "ada", "a", "ONE").await;
    let Command::Confirm { order, contact, .. } = confirm("a") else {
        panic!("a confirmation")
    };
    let hosted = Command::Confirm {
        order,
        contact,
        country: None,
        is_hosted: true,
    };
    apply(&store, 0, hosted).await;
    let charge = |payment: &str| {
        Command::Learn(News::Charged(Charge {
            payment: payment.into(),
            order: OrderId::from_text("a"),
            minor: 4_500,
            currency: "EUR".into(),
        }))
    };
    // It runs out, somebody else has the coupon, and then the money comes.
    let other = with(&store, HOLD_MS, "bo", "b", "ONE").await;
    assert!(matches!(other, Outcome::Reserved { .. }), "{other:?}");
    let late = apply(&store, HOLD_MS, charge("p")).await;
    assert_eq!(state(&late).0, OrderState::Refunding);
    assert_eq!(uses(&store, "ONE").await, 1);
}
