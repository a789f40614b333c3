//! What Stripe is asked, as forms.

use form_urlencoded::Serializer;

use super::{ORDER, units};
use crate::protocol::server::{LineView, Money, OrderView};
use crate::protocol::shop::HostOrderView;
use crate::shop::payment::{Charge, ProviderError};

/// The least life of a session that Stripe takes, and a minute for the way there, seconds.
const SESSION_S_MIN: u64 = 31 * 60;

/// Longest name of a line that Stripe takes, characters.
const NAME_CHARS_MAX: usize = 250;

/// A checkout session for an order. The same order gives the same form, or Stripe would refuse its
/// idempotency key: nothing in it depends on the time of asking.
pub(super) fn session(order: &HostOrderView, back: &str) -> Result<String, ProviderError> {
    let view = &order.order;
    let mut form = Serializer::new(String::new());
    let metadata = [
        format!("metadata[{ORDER}]"),
        format!("payment_intent_data[metadata][{ORDER}]"),
    ];
    form.append_pair("mode", "payment")
        .append_pair("client_reference_id", &view.id)
        .append_pair("success_url", back)
        .append_pair("cancel_url", back);
    for name in metadata {
        form.append_pair(&name, &view.id);
    }
    if let Some(mail) = order
        .contact
        .as_deref()
        .filter(|contact| contact.contains('@'))
    {
        form.append_pair("customer_email", mail);
    }
    // Before its order's time is over it is asked for; so it lives at least as long as it must.
    let end_s = view.expires_ms.unwrap_or_default() / 1_000 + SESSION_S_MIN;
    form.append_pair("expires_at", &end_s.to_string());
    for (at, item) in items(view)?.iter().enumerate() {
        let (name, units, quantity) = item;
        let price = |name: &str| format!("line_items[{at}][price_data][{name}]");
        form.append_pair(&price("currency"), &view.total.currency.to_lowercase())
            .append_pair(&price("unit_amount"), &units.to_string())
            .append_pair(&price("product_data][name"), name)
            .append_pair(
                &format!("line_items[{at}][quantity]"),
                &quantity.to_string(),
            );
    }
    if view.shipping.minor > 0 {
        let rate = |name: &str| format!("shipping_options[0][shipping_rate_data]{name}");
        form.append_pair(&rate("[type]"), "fixed_amount")
            .append_pair(&rate("[display_name]"), "Shipping")
            .append_pair(
                &rate("[fixed_amount][amount]"),
                &amount(&view.shipping)?.to_string(),
            )
            .append_pair(
                &rate("[fixed_amount][currency]"),
                &view.shipping.currency.to_lowercase(),
            );
    }
    Ok(form.finish())
}

/// A refund of all of a charge.
pub(super) fn refund(charge: &Charge) -> String {
    Serializer::new(String::new())
        .append_pair("payment_intent", &charge.payment)
        .append_pair(&format!("metadata[{ORDER}]"), charge.order.as_str())
        .finish()
}

fn amount(money: &Money) -> Result<i64, ProviderError> {
    let amount = units(&money.currency).and_then(|units| money.minor.checked_mul(units));
    amount.ok_or_else(|| ProviderError(format!("Stripe takes no {} by our unit", money.currency)))
}

/// `Linen shirt (S, blue)`.
/// What the page lists: name, price of one, pieces. It has no line for less, so an order with a
/// discount is one item.
fn items(view: &OrderView) -> Result<Vec<(String, i64, u32)>, ProviderError> {
    let Some(discount) = &view.discount else {
        let item = |line: &LineView| Ok((name(line), amount(&line.unit_price)?, line.quantity));
        return view.lines.iter().map(item).collect();
    };
    let goods: i64 = view.lines.iter().map(|line| line.total.minor).sum();
    let left = Money {
        minor: goods - discount.minor,
        ..discount.clone()
    };
    let names = view
        .lines
        .iter()
        .map(|line| format!("{} × {}", line.quantity, name(line)));
    let names = names.collect::<Vec<_>>().join(", ");
    let names = names.chars().take(NAME_CHARS_MAX).collect();
    Ok(vec![(names, amount(&left)?, 1)])
}

fn name(line: &LineView) -> String {
    let options: Vec<&str> = line.options.values().map(String::as_str).collect();
    let name = match options.is_empty() {
        true => line.title.clone(),
        false => format!("{} ({})", line.title, options.join(", ")),
    };
    name.chars().take(NAME_CHARS_MAX).collect()
}
