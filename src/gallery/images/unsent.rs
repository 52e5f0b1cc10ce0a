//! Accounts for the memory of finished responses while they are sent; a shared body counts once.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use bytes::Bytes;
use parking_lot::Mutex;

use super::budget::Memory;
use super::scheduler::RenderScheduler;
use crate::gallery::Error;

/// Smaller responses are not counted, in bytes: connections buffer as much.
const UNCOUNTED: usize = 256 << 10;

/// Memory that is held while a response is sent.
#[derive(Clone, Default)]
pub(crate) struct Unsent(#[allow(dead_code)] Option<Arc<Memory>>);

impl Unsent {
    pub(crate) fn of(memory: Memory) -> Self {
        Self(Some(Arc::new(memory)))
    }
}

/// The large bodies that are being sent, by address and length, which are unique as long as the bodies are alive.
#[derive(Default)]
pub(super) struct Sending(Mutex<HashMap<(usize, usize), Weak<Memory>>>);

impl Sending {
    /// Reserves memory for these bytes, unless another response sends them already.
    pub(super) async fn count(&self, bytes: &Bytes, scheduler: &RenderScheduler) -> Result<Unsent, Error> {
        if bytes.len() <= UNCOUNTED {
            return Ok(Unsent::default());
        }
        let key = (bytes.as_ptr() as usize, bytes.len());
        if let Some(memory) = self.find(key) {
            return Ok(Unsent(Some(memory)));
        }
        let memory = Arc::new(scheduler.unsent(bytes.len() as u64).await?);
        let mut sending = self.0.lock();
        sending.retain(|_, memory| memory.strong_count() > 0);
        sending.insert(key, Arc::downgrade(&memory));
        Ok(Unsent(Some(memory)))
    }

    fn find(&self, key: (usize, usize)) -> Option<Arc<Memory>> {
        self.0.lock().get(&key)?.upgrade()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::settings::Work;

    #[tokio::test]
    async fn shared_responses_count_once_until_they_are_sent() {
        let scheduler =
            RenderScheduler::new(&Work { memory_mib: 16, queue_ms: 20, ..Work::default() }).unwrap();
        let (sending, small) = (Sending::default(), Bytes::from(vec![0; 1000]));
        sending.count(&small, &scheduler).await.unwrap();
        let [one, other] = [(); 2].map(|()| Bytes::from(vec![0; 3 << 20]));
        let first = sending.count(&one, &scheduler).await.unwrap();
        let second = sending.count(&one.clone(), &scheduler).await.unwrap();
        assert_eq!(scheduler.taken_kib() >> 10, 3);
        assert!(matches!(sending.count(&other, &scheduler).await, Err(Error::Busy { .. })));
        drop(first);
        assert_eq!(scheduler.taken_kib() >> 10, 3, "it is still being sent");
        drop(second);
        assert_eq!(scheduler.taken_kib(), 0);
        assert!(sending.count(&other, &scheduler).await.is_ok());
    }
}
