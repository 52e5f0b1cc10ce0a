//! Runs callbacks of C libraries: a panic in one fails a single decoding or encoding, not the process.

use std::any::Any;
use std::ffi::{CStr, c_char, c_void};
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};

use parking_lot::Mutex;

/// The approximate most bytes of messages that are kept.
const MAX_MESSAGE_BYTES: usize = 1000;

/// The state of the callbacks of one decoder or encoder. It is kept behind a raw pointer, because the library holds its
/// address too; it must outlive all calls of the library.
pub(super) struct Context<T>(*mut Inner<T>);

struct Inner<T> {
    state: T,
    /// Threads of the library may report at the same time.
    messages: Mutex<String>,
    has_failed: bool,
}

impl<T> Context<T> {
    pub(super) fn new(state: T) -> Self {
        let inner = Inner { state, messages: Mutex::default(), has_failed: false };
        Self(Box::into_raw(Box::new(inner)))
    }

    /// The address that the library passes to callbacks. Callers of the library must not hold references into the context.
    pub(super) fn address(&self) -> *mut c_void {
        self.0.cast()
    }

    pub(super) fn state(&mut self) -> &mut T {
        // SAFETY: live until `drop`; the library does not run while `self` is borrowed.
        unsafe { &mut (*self.0).state }
    }

    /// The messages of the library and of the callbacks.
    pub(super) fn messages(&self) -> String {
        // SAFETY: as in `state`.
        unsafe { (*self.0).messages.lock().trim_end().to_owned() }
    }

    /// Whether a callback failed: the library's result is then invalid, whatever it returns.
    pub(super) fn has_failed(&self) -> bool {
        // SAFETY: as in `state`.
        unsafe { (*self.0).has_failed }
    }
}

impl<T> Drop for Context<T> {
    fn drop(&mut self) {
        // SAFETY: it came from a box, and the library no longer uses it.
        drop(unsafe { Box::from_raw(self.0) });
    }
}

fn record(messages: &Mutex<String>, message: impl Display) {
    let mut messages = messages.lock();
    if messages.len() < MAX_MESSAGE_BYTES {
        messages.push_str(&message.to_string());
    }
}

/// Runs the body of a callback. After an error or a panic, which is recorded, this and every later call return `failed`,
/// which the library interprets as an error: the state may be inconsistent.
///
/// # Safety
///
/// `context` is the address of a live [`Context<T>`], and nobody holds a reference to anything in it.
pub(super) unsafe fn call<T, R, E: Display>(
    context: *mut c_void,
    failed: R,
    body: impl FnOnce(&mut T) -> Result<R, E>,
) -> R {
    // SAFETY: guaranteed by the caller.
    let inner = unsafe { &mut *context.cast::<Inner<T>>() };
    if inner.has_failed {
        return failed;
    }
    let failure = match catch_unwind(AssertUnwindSafe(|| body(&mut inner.state).map_err(|e| e.to_string()))) {
        Ok(Ok(done)) => return done,
        Ok(Err(error)) => error,
        Err(panic) => format!("a panic: {}", message(&*panic)),
    };
    inner.has_failed = true;
    record(&inner.messages, failure);
    failed
}

/// Records a message of the library, from any of its threads.
///
/// # Safety
///
/// `context` is the address of a live [`Context<T>`]; `message` is null or ends with a zero.
pub(super) unsafe extern "C" fn record_message<T>(message: *const c_char, context: *mut c_void) {
    if message.is_null() {
        return;
    }
    let record = || {
        // SAFETY: guaranteed by the caller; other threads only have references to the other fields.
        let (message, messages) =
            unsafe { (CStr::from_ptr(message), &(*context.cast::<Inner<T>>()).messages) };
        record(messages, message.to_string_lossy());
    };
    let _lost = catch_unwind(AssertUnwindSafe(record));
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(context: &Context<u32>, number: Result<u32, &str>) -> u32 {
        let body = |state: &mut u32| {
            *state += number?;
            assert!(*state < 5, "more than {}", 5);
            Ok::<_, &str>(*state)
        };
        // SAFETY: the context is live, and nothing in it is borrowed.
        unsafe { call(context.address(), u32::MAX, body) }
    }

    #[test]
    fn errors_and_panics_are_reported_to_the_library() {
        for (last, message_text) in [(Err("no number"), "no number"), (Ok(4), "a panic: more than 5")] {
            let context = Context::new(1);
            assert_eq!((add(&context, Ok(2)), context.has_failed()), (3, false));
            assert_eq!((add(&context, last), context.has_failed()), (u32::MAX, true));
            assert_eq!(add(&context, Ok(0)), u32::MAX, "no callback runs after a failure");
            // SAFETY: the context is live, and nothing in it is borrowed.
            unsafe { record_message::<u32>(c"; the library's own\n".as_ptr(), context.address()) };
            assert_eq!(context.messages(), format!("{message_text}; the library's own"));
        }
    }
}
