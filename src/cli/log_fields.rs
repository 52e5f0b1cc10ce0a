//! The fields of log lines without styles.

use std::fmt::{self, Debug, Write};

use tracing::field::{Field, Visit};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::Writer;

/// Writes fields as `name=value` with spaces between them, values as `Debug` does, and a message alone. Texts and integers,
/// which requests have, are written without the machinery of `format!`: every request has a line.
pub(super) struct PlainFields;

/// The fields of a line so far.
struct Text {
    text: String,
    result: fmt::Result,
}

impl<'a> FormatFields<'a> for PlainFields {
    fn format_fields<R: RecordFields>(&self, mut line: Writer<'a>, fields: R) -> fmt::Result {
        let mut written = Text { text: String::with_capacity(256), result: Ok(()) };
        fields.record(&mut written);
        written.result?;
        line.write_str(&written.text)
    }
}

impl Text {
    /// Begins the field with this name.
    fn begin(&mut self, field: &Field) {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        if field.name() != "message" {
            self.text.push_str(field.name());
            self.text.push('=');
        }
    }

    fn integer(&mut self, field: &Field, value: impl itoa::Integer) {
        self.begin(field);
        self.text.push_str(itoa::Buffer::new().format(value));
    }
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.begin(field);
        self.result = self.result.and_then(|()| write!(self.text, "{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if !value.bytes().all(is_plain) {
            return self.record_debug(field, &value);
        }
        self.begin(field);
        for part in ["\"", value, "\""] {
            self.text.push_str(part);
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.integer(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.integer(field, value);
    }
}

/// Whether `Debug` writes this byte of a text as it is.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\'
}
