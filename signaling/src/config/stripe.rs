//! Payments by Stripe, or by another service with its interface.

use reqwest::Url;

use super::RawConfig;
use crate::redacted::Redacted;

/// An account at Stripe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stripe {
    /// Where its API is.
    pub url: Url,
    /// Secret key.
    pub key: Redacted<String>,
    /// Signs the events that it sends us.
    pub webhook_secret: Redacted<String>,
    /// Where buyers come back to.
    pub public_url: Url,
}

impl RawConfig {
    /// Where this server is for its visitors, and the account, when a key says that there is one.
    pub(super) fn check_payments(&self, errors: &mut Vec<String>) -> (Option<Url>, Option<Stripe>) {
        let public_url = self.public_url.as_deref();
        let public_url = public_url.and_then(|text| check_url(text, "--public-url", errors));
        let stripe = self.check_stripe(public_url.as_ref(), errors);
        (public_url, stripe)
    }

    fn check_stripe(&self, public_url: Option<&Url>, errors: &mut Vec<String>) -> Option<Stripe> {
        let given = |text: &Option<String>| {
            let text = text
                .as_deref()
                .map(str::trim)
                .filter(|text| !text.is_empty());
            text.map(|text| Redacted::new(text.to_owned()))
        };
        let (key, secret) = (given(&self.stripe_key), given(&self.stripe_webhook_secret));
        if key.is_none() && secret.is_none() {
            return None;
        }
        // Their texts are not repeated: they are secrets.
        if key.is_none() {
            errors.push("--stripe-webhook-secret needs --stripe-key".to_owned());
        }
        if secret.is_none() {
            errors.push("--stripe-key needs --stripe-webhook-secret".to_owned());
        }
        if self.public_url.is_none() {
            errors.push("--stripe-key needs --public-url, where buyers come back to".to_owned());
        }
        let url = check_url(&self.stripe_url, "--stripe-url", errors);
        Some(Stripe {
            url: url?,
            key: key?,
            webhook_secret: secret?,
            public_url: public_url?.clone(),
        })
    }
}

/// A web address without anything behind its path.
fn check_url(text: &str, flag: &str, errors: &mut Vec<String>) -> Option<Url> {
    let url = Url::parse(text.trim()).ok().filter(|url| {
        let is_web = ["http", "https"].contains(&url.scheme()) && url.has_host();
        let is_bare = url.username().is_empty() && url.password().is_none();
        is_web && is_bare && url.query().is_none() && url.fragment().is_none()
    });
    if url.is_none() {
        errors.push(format!(
            "{flag} is not an address such as https://shop.example"
        ));
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ConfigErrors;

    fn raw() -> RawConfig {
        RawConfig {
            data: Some("/tmp/x".into()),
            stripe_key: Some("sk_s3cret".into()),
            stripe_webhook_secret: Some("whsec_s3cret".into()),
            public_url: Some("https://shop.example".into()),
            ..RawConfig::default()
        }
    }

    #[test]
    fn an_account_is_whole_and_its_secrets_are_not_printed() {
        let config = raw().check().expect("good");
        let told = format!("{config:?}");
        assert!(!told.contains("s3cret"), "{told}");
        let stripe = config.stripe.expect("an account");
        assert_eq!(stripe.url.as_str(), "https://api.stripe.com/");
        let none = RawConfig {
            stripe_key: None,
            stripe_webhook_secret: None,
            ..raw()
        };
        assert_eq!(none.check().expect("by invoice").stripe, None);
    }

    #[test]
    fn all_that_is_missing_is_told_at_once() {
        let ConfigErrors(errors) = RawConfig {
            stripe_webhook_secret: None,
            stripe_url: "api.stripe.com".into(),
            public_url: None,
            ..raw()
        }
        .check()
        .expect_err("three mistakes");
        assert_eq!(errors.len(), 3, "{errors:?}");
        let ConfigErrors(errors) = RawConfig {
            stripe_key: Some(" ".into()),
            public_url: Some("https://me:s3cret@shop.example".into()),
            ..raw()
        }
        .check()
        .expect_err("two mistakes");
        assert_eq!(errors.len(), 2, "{errors:?}");
        assert!(!errors.concat().contains("s3cret"), "{errors:?}");
    }
}
