//! Reads lines of bounded length.

use std::io::{BufRead, BufReader, Read};

/// The longest line, in bytes.
const MAX_LINE: u64 = 1 << 20;

/// Calls `each` with the number and the bytes of each line that is not blank, or why the rest cannot be read; stops when it
/// returns false.
pub(super) fn each_line(input: impl Read, mut each: impl FnMut(u64, Result<&[u8], String>) -> bool) {
    let mut input = BufReader::with_capacity(1 << 18, input);
    let mut text = Vec::new();
    for number in 1.. {
        text.clear();
        match input.by_ref().take(MAX_LINE + 1).read_until(b'\n', &mut text) {
            Ok(0) => return,
            Ok(length) if length as u64 > MAX_LINE => {
                let reason = format!("is longer than {} KiB: the rest is unread", MAX_LINE >> 10);
                each(number, Err(reason));
                return;
            }
            Ok(_) => {}
            Err(error) => {
                each(number, Err(format!("cannot be read: {error}: the rest is unread")));
                return;
            }
        }
        if !text.trim_ascii().is_empty() && !each(number, Ok(&text)) {
            return;
        }
    }
}
