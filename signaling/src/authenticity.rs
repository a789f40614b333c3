//! Serial numbers and documents that prove a product genuine: how they are read. Pure.

use std::collections::BTreeSet;

use crate::limits::authenticity::{SERIAL_CHARS_MAX, SERIAL_CHARS_MIN};
use crate::protocol::shop::RowError;

/// A serial number as it is compared: capital letters and digits. Spaces and marks between them
/// are how people group it.
///
/// # Errors
/// What is wrong with it.
pub fn serial(text: &str) -> Result<String, String> {
    let grouping = |c: char| matches!(c, ' ' | '-' | '.' | '/' | '_');
    if let Some(bad) = text
        .trim()
        .chars()
        .find(|c| !c.is_ascii_alphanumeric() && !grouping(*c))
    {
        return Err(format!(
            "`{bad}` has no place in a serial number: letters A to Z, digits, - . / _"
        ));
    }
    let kept = text.chars().filter(char::is_ascii_alphanumeric);
    let serial: String = kept.map(|c| c.to_ascii_uppercase()).collect();
    if (SERIAL_CHARS_MIN..=SERIAL_CHARS_MAX).contains(&serial.len()) {
        Ok(serial)
    } else {
        Err(format!(
            "a serial number has {SERIAL_CHARS_MIN} to {SERIAL_CHARS_MAX} letters and digits, not {}",
            serial.len()
        ))
    }
}

/// The serial numbers of a list, one a line; empty lines do not count.
///
/// # Errors
/// Every line that is none.
pub fn serials(list: &str) -> Result<BTreeSet<String>, Vec<RowError>> {
    let (mut found, mut mistakes) = (BTreeSet::new(), Vec::new());
    let lines = (1..)
        .zip(list.lines())
        .filter(|(_, line)| !line.trim().is_empty());
    for (row, line) in lines {
        match serial(line) {
            Ok(serial) => {
                found.insert(serial);
            }
            Err(message) => mistakes.push(RowError {
                row,
                field: String::new(),
                message,
            }),
        }
    }
    if mistakes.is_empty() {
        Ok(found)
    } else {
        Err(mistakes)
    }
}

/// Whether a file is a whole PDF by its first and last bytes. It is only ever handed on, never
/// opened here (ISO 32000-1, 7.5.2 and 7.5.5).
#[must_use]
pub fn is_pdf(file: &[u8]) -> bool {
    let tail = &file[file.len().saturating_sub(1_024)..];
    file.starts_with(b"%PDF-") && tail.windows(5).any(|bytes| bytes == b"%%EOF")
}

#[cfg(test)]
mod tests {
    use super::{is_pdf, serial, serials};

    #[test]
    fn a_serial_is_the_same_however_it_is_grouped() {
        assert_eq!(serial(" ab-12 34/cd "), Ok("AB1234CD".to_owned()));
        for bad in ["ab1", "ab-é-12", "", &"x".repeat(65)] {
            assert!(serial(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_bad_line_of_a_list_is_named() {
        let list = serials("AA-0001\n\naa0001\nAA-0002\n").expect("good");
        assert_eq!(list.into_iter().collect::<Vec<_>>(), ["AA0001", "AA0002"]);
        let mistakes = serials("AA-0001\n?\nAA\n").expect_err("bad");
        let rows: Vec<u32> = mistakes.iter().map(|mistake| mistake.row).collect();
        assert_eq!(rows, [2, 3]);
    }

    #[test]
    fn a_pdf_begins_and_ends_like_one() {
        assert!(is_pdf(b"%PDF-1.7\nwords\n%%EOF\n"));
        assert!(!is_pdf(b"%PDF-1.7\nwords") && !is_pdf(b"<html>%%EOF"));
    }
}
