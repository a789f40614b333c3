//! Where a parcel goes: what an address needs in its country, and how its postal code is written.
//! Codes are compared without spaces and dashes and kept in their country's writing. Countries
//! that are not listed here need lines and a place, and their postal code is taken as it is.
//! Sources: the Universal Postal Union's addressing sheets (S42), and what online forms ask for
//! by libaddressinput's metadata.

use crate::limits::shop::{ADDRESS_LINES_MAX, CONTACT_CHARS_MAX};
use crate::protocol::shop::{AddressBody, AddressRules};

/// Ways to write a postal code, `|` between them: `9` a digit, `A` a letter, `*` either.
struct Country {
    code: &'static str,
    postal: &'static str,
    needs_region: bool,
}

const fn of(code: &'static str, postal: &'static str) -> Country {
    Country {
        code,
        postal,
        needs_region: false,
    }
}

/// A state, province or prefecture stands in its addresses.
const fn with_region(code: &'static str, postal: &'static str) -> Country {
    Country {
        code,
        postal,
        needs_region: true,
    }
}

/// By code. No postal code: the country has none, or parcels arrive without.
const COUNTRIES: &[Country] = &[
    with_region("AE", ""),
    of("AR", "9999|A9999AAA"),
    of("AT", "9999"),
    with_region("AU", "9999"),
    of("BD", "9999"),
    of("BE", "9999"),
    of("BG", "9999"),
    with_region("BR", "99999-999"),
    with_region("CA", "A9A 9A9"),
    of("CH", "9999"),
    of("CL", "9999999"),
    with_region("CN", "999999"),
    of("CY", "9999"),
    of("CZ", "999 99"),
    of("DE", "99999"),
    of("DK", "9999"),
    of("DZ", "99999"),
    of("EE", "99999"),
    of("EG", "99999"),
    of("ES", "99999"),
    of("FI", "99999"),
    of("FR", "99999"),
    of("GB", "A9 9AA|A99 9AA|AA9 9AA|AA99 9AA|A9A 9AA|AA9A 9AA"),
    of("GR", "999 99"),
    with_region("HK", ""),
    of("HR", "99999"),
    of("HU", "9999"),
    with_region("ID", "99999"),
    of("IE", "*** ****"),
    of("IL", "9999999"),
    with_region("IN", "999999"),
    of("IS", "999"),
    with_region("IT", "99999"),
    with_region("JP", "999-9999"),
    of("KE", "99999"),
    with_region("KR", "99999"),
    of("LI", "9999"),
    of("LT", "99999"),
    of("LU", "9999"),
    of("LV", "LV-9999"),
    of("MA", "99999"),
    of("MC", "99999"),
    of("MT", "AAA 9999"),
    with_region("MX", "99999"),
    of("MY", "99999"),
    of("NL", "9999 AA"),
    of("NO", "9999"),
    of("NZ", "9999"),
    of("PH", "9999"),
    of("PK", "99999"),
    of("PL", "99-999"),
    of("PT", "9999-999"),
    of("QA", ""),
    of("RO", "999999"),
    of("RS", "99999"),
    of("RU", "999999"),
    of("SA", "99999"),
    of("SE", "999 99"),
    of("SG", "999999"),
    of("SI", "9999"),
    of("SK", "999 99"),
    of("TH", "99999"),
    of("TN", "9999"),
    of("TR", "99999"),
    of("TW", "999|999 99|999 999"),
    of("UA", "99999"),
    with_region("US", "99999|99999-9999"),
    of("VN", "99999"),
    of("ZA", "9999"),
];

/// What is wrong with which field.
pub type Mistake = (&'static str, String);

/// What a form asks for in a country, ISO 3166-1 alpha-2.
pub fn rules(country: &str) -> AddressRules {
    let known = find(country);
    AddressRules {
        postal_codes: known.map_or_else(Vec::new, |known| ways(known).map(example).collect()),
        needs_postal_code: known.is_some_and(|known| !known.postal.is_empty()),
        needs_region: known.is_some_and(|known| known.needs_region),
    }
}

/// The address as it is kept and shown to who sends the parcel, one part after the other.
///
/// # Errors
/// The first mistake.
pub fn check(body: &AddressBody) -> Result<String, Mistake> {
    let country = body.country.as_str();
    if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(("address.country", "is not a code like PT".into()));
    }
    if body.lines.is_empty() || body.lines.len() > ADDRESS_LINES_MAX {
        let message = format!("has {} lines; 1 to {ADDRESS_LINES_MAX}", body.lines.len());
        return Err(("address.lines", message));
    }
    let mut parts = Vec::new();
    for part in &body.lines {
        parts.push(line("address.lines", part)?);
    }
    let known = find(country);
    let postal = match body.postal_code.as_deref().map(str::trim) {
        None | Some("") if known.is_some_and(|known| !known.postal.is_empty()) => {
            return Err((
                "address.postal_code",
                format!("is missing: {country} needs one"),
            ));
        }
        None | Some("") => None,
        Some(code) => Some(postal_code(known, &line("address.postal_code", code)?)?),
    };
    let city = line("address.city", &body.city)?;
    parts.push(postal.map_or(city.clone(), |postal| format!("{postal} {city}")));
    match body.region.as_deref().map(str::trim) {
        None | Some("") if known.is_some_and(|known| known.needs_region) => {
            return Err(("address.region", format!("is missing: {country} needs one")));
        }
        None | Some("") => {}
        Some(region) => parts.push(line("address.region", region)?),
    }
    parts.push(country.to_owned());
    Ok(parts.join(", "))
}

/// The code in its country's writing.
fn postal_code(known: Option<&Country>, code: &str) -> Result<String, Mistake> {
    let Some(known) = known.filter(|known| !known.postal.is_empty()) else {
        return Ok(code.to_owned());
    };
    let bare: Vec<char> = code
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| c.to_ascii_uppercase())
        .collect();
    let written = ways(known).find_map(|way| written(way, &bare));
    written.ok_or_else(|| {
        let like: Vec<_> = ways(known).map(example).collect();
        let message = format!(
            "`{code}` is none of {}; write it like {}",
            known.code,
            like.join(" or ")
        );
        ("address.postal_code", message)
    })
}

/// The bare characters in this writing, if they fit.
fn written(way: &str, bare: &[char]) -> Option<String> {
    let mut rest = bare.iter();
    let mut code = String::with_capacity(way.len());
    for place in way.chars() {
        if matches!(place, ' ' | '-') {
            code.push(place);
            continue;
        }
        let c = *rest.next()?;
        let fits = match place {
            '9' => c.is_ascii_digit(),
            'A' => c.is_ascii_uppercase(),
            '*' => c.is_ascii_alphanumeric(),
            literal => c == literal,
        };
        if !fits {
            return None;
        }
        code.push(c);
    }
    rest.next().is_none().then_some(code)
}

/// A code one could write this way: `1234-567`.
fn example(way: &str) -> String {
    let mut digits = ('1'..='9').cycle();
    way.chars()
        .map(|place| match place {
            '9' => digits.next().unwrap_or('0'),
            '*' => 'A',
            other => other,
        })
        .collect()
}

fn ways(country: &Country) -> impl Iterator<Item = &'static str> {
    country.postal.split('|').filter(|way| !way.is_empty())
}

fn find(code: &str) -> Option<&'static Country> {
    let at = COUNTRIES.binary_search_by_key(&code, |country| country.code);
    at.ok().map(|at| &COUNTRIES[at])
}

/// A line people wrote, trimmed.
///
/// # Errors
/// It is empty, too long, or more than a line.
pub(super) fn line(field: &'static str, text: &str) -> Result<String, Mistake> {
    let text = text.trim();
    let length = text.chars().count();
    let message = if length == 0 {
        "is missing".into()
    } else if length > CONTACT_CHARS_MAX {
        format!("has {length} characters; at most {CONTACT_CHARS_MAX}")
    } else if text.chars().any(char::is_control) {
        "has a control character".into()
    } else {
        return Ok(text.to_owned());
    };
    Err((field, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(country: &str, postal: Option<&str>, region: Option<&str>) -> AddressBody {
        AddressBody {
            lines: vec!["1 Row".into()],
            postal_code: postal.map(str::to_owned),
            city: "Town".into(),
            region: region.map(str::to_owned),
            country: country.into(),
        }
    }

    #[test]
    fn countries_are_sorted_and_their_examples_are_valid() {
        assert!(COUNTRIES.is_sorted_by(|a, b| a.code < b.code));
        for country in COUNTRIES {
            for way in ways(country) {
                let code = example(way);
                assert_eq!(
                    postal_code(Some(country), &code),
                    Ok(code),
                    "{}",
                    country.code
                );
            }
        }
    }

    #[test]
    fn codes_are_kept_as_their_country_writes_them() {
        for (country, given, kept) in [
            ("PT", "1100148", "1100-148"),
            ("GB", "sw1a1aa", "SW1A 1AA"),
            ("CA", "k1a-0b1", "K1A 0B1"),
            ("NL", "1012ab", "1012 AB"),
            ("US", "94107", "94107"),
            ("US", "941071234", "94107-1234"),
            ("LV", "lv1010", "LV-1010"),
            ("XX", "any thing", "any thing"),
        ] {
            let address = check(&body(country, Some(given), Some("R"))).expect(country);
            assert_eq!(address, format!("1 Row, {kept} Town, R, {country}"));
        }
    }

    #[test]
    fn what_a_country_needs_is_asked_for() {
        let mistake = |body: &AddressBody| check(body).expect_err("a mistake");
        let (field, message) = mistake(&body("PT", Some("1100"), None));
        assert_eq!(field, "address.postal_code");
        assert_eq!(message, "`1100` is none of PT; write it like 1234-567");
        assert_eq!(mistake(&body("DE", None, None)).0, "address.postal_code");
        assert_eq!(
            mistake(&body("US", Some("94107"), None)).0,
            "address.region"
        );
        assert_eq!(mistake(&body("usa", None, None)).0, "address.country");
        assert!(check(&body("HK", None, Some("Kowloon"))).is_ok());
        let mut many = body("PT", Some("1100-148"), None);
        many.lines = vec!["x".into(); ADDRESS_LINES_MAX + 1];
        assert_eq!(mistake(&many).0, "address.lines");
        many.lines = vec!["a\nb".into()];
        assert_eq!(mistake(&many).0, "address.lines");
        many.lines = vec!["1 Row".into()];
        many.city = " ".into();
        assert_eq!(mistake(&many), ("address.city", "is missing".into()));
    }
}
