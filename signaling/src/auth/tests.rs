//! Tokens that must and must not open the door.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::{Auth, AuthError, Grant, SecretKey};
use crate::protocol::client::Role;

const NOW_MS: u64 = 1_800_000_000_000;
const NOW_S: u64 = NOW_MS / 1_000;

fn auth() -> Auth {
    Auth::with_key(&SecretKey::from_bytes([7; 32]))
}

fn claims() -> Value {
    json!({ "iss": "vitrine", "sub": "p1", "show": "lamp", "role": "host",
            "exp": NOW_S + 60, "iat": NOW_S, "jti": "j" })
}

fn forge(header: &Header, claims: &Value, key: &[u8]) -> String {
    jsonwebtoken::encode(header, claims, &EncodingKey::from_secret(key)).expect("encodes")
}

fn check(change: impl Fn(&mut Value), expected: Result<Role, AuthError>) {
    let mut claims = claims();
    change(&mut claims);
    let token = forge(&Header::new(Algorithm::HS256), &claims, &[7; 32]);
    let found = auth().verify(&token, NOW_MS).map(|grant| grant.role);
    assert_eq!(found, expected, "claims {claims}");
}

#[test]
fn a_grant_survives_the_round_trip() {
    let grant = Grant::new("lamp", Role::Guide, Some("Ana".into()), NOW_MS, 60);
    let token = auth().token(&grant, NOW_MS);
    assert_eq!(auth().verify(&token, NOW_MS), Ok(grant.clone()));
    let other = grant.of_merchant("acme");
    let token = auth().token(&other, NOW_MS);
    assert_eq!(auth().verify(&token, NOW_MS), Ok(other));
}

#[test]
fn only_complete_and_current_claims_are_accepted() {
    check(|_| (), Ok(Role::Host));
    check(|c| c["exp"] = json!(NOW_S - 60), Ok(Role::Host));
    check(|c| c["exp"] = json!(NOW_S - 61), Err(AuthError::Expired));
    check(
        |c| c["exp"] = json!(NOW_S + 400 * 24 * 3_600),
        Err(AuthError::Invalid),
    );
    check(|c| c["iss"] = json!("other"), Err(AuthError::Invalid));
    check(|c| c["role"] = json!("owner"), Err(AuthError::Invalid));
    check(|c| c["sub"] = json!(""), Err(AuthError::Invalid));
    for claim in ["exp", "iss", "sub", "show", "role"] {
        check(
            |c| {
                c.as_object_mut()
                    .expect("claims are an object")
                    .remove(claim);
            },
            Err(AuthError::Invalid),
        );
    }
}

#[test]
fn other_keys_and_algorithms_are_refused() {
    let other_key = forge(&Header::new(Algorithm::HS256), &claims(), &[8; 32]);
    let other_algorithm = forge(&Header::new(Algorithm::HS512), &claims(), &[7; 32]);
    // {"alg":"none","typ":"JWT"} with our claims and an empty signature.
    let body = other_key
        .split('.')
        .nth(1)
        .expect("a token has three parts");
    let none = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{body}.");
    for token in [
        other_key,
        other_algorithm,
        none,
        String::new(),
        "a.b.c".into(),
        "x".repeat(9_999),
    ] {
        assert_eq!(
            auth().verify(&token, NOW_MS),
            Err(AuthError::Invalid),
            "{token}"
        );
    }
}
