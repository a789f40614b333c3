//! Trickle fragments (RFC 8840) as PATCH brings them: the form is checked, the candidates are
//! not used, for an ICE-lite server learns the peer's addresses from its checks.

/// Whether this is a fragment: lines `m=` or `a=`, with ICE attributes among them.
///
/// # Errors
/// What is wrong, in words.
pub fn check(bytes: &[u8]) -> Result<(), String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "a fragment is UTF-8 text".to_owned())?;
    let mut has_ice = false;
    for line in text
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
    {
        let (key, value) = line
            .split_once('=')
            .ok_or_else(|| format!("`{}` is no SDP line", shorten(line)))?;
        if !matches!(key, "a" | "m") || value.is_empty() {
            return Err(format!(
                "`{}` does not belong into a fragment",
                shorten(line)
            ));
        }
        has_ice |= ["candidate:", "end-of-candidates", "ice-ufrag:", "ice-pwd:"]
            .iter()
            .any(|name| key == "a" && value.starts_with(name));
    }
    if has_ice {
        Ok(())
    } else {
        Err("a fragment carries candidates or credentials".to_owned())
    }
}

fn shorten(line: &str) -> String {
    line.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::check;

    #[test]
    fn fragments() {
        let good = "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n\
                    m=audio 9 RTP/AVP 0\r\na=mid:0\r\n\
                    a=candidate:1 1 udp 2130706431 192.0.2.1 4321 typ host\r\n\
                    a=end-of-candidates\r\n";
        assert_eq!(check(good.as_bytes()), Ok(()));
        for bad in ["", "hello", "v=0\r\n", "a=mid:0\r\n", "a=\r\n", "\u{0}"] {
            assert!(check(bad.as_bytes()).is_err(), "{bad:?}");
        }
        assert!(check(&[0xff]).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = check(&bytes);
        }
    }
}
