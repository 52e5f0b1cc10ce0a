//! Tests of the scheduler.

use super::*;
use crate::pixels::{ReadAt, jpeg};

fn scheduler(queue_ms: u64) -> RenderScheduler {
    let settings = Work { threads: 1, memory_mib: 16, queue_ms, deadline_ms: queue_ms, ..Work::default() };
    RenderScheduler::new(&settings).expect("threads start")
}

fn ticket(scheduler: &RenderScheduler, class: Class) -> Ticket {
    scheduler.ticket(class, None, None).expect("there is room in the queue")
}

async fn run<T: Send + 'static>(
    scheduler: &RenderScheduler,
    bytes: u64,
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    scheduler.run(&ticket(scheduler, Class::Tile), bytes, work).await
}

async fn stream(scheduler: &RenderScheduler, made: u64) -> Result<(StreamHold, LargePermit), Error> {
    scheduler.admit_stream(scheduler.stream_ticket(None)?, made, 1 << 20).await
}

#[tokio::test(flavor = "multi_thread")]
async fn renderings_beyond_the_budget_are_refused() {
    let refused = run(&scheduler(100), 17 << 20, || Ok(())).await;
    assert!(matches!(refused, Err(Error::Invalid(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn renderings_that_wait_too_long_are_refused() {
    let scheduler = scheduler(30);
    let (started, starts) = tokio::sync::oneshot::channel();
    let (end, ends) = std::sync::mpsc::channel::<()>();
    let slow = run(&scheduler, 1, move || {
        started.send(()).expect("the test waits for the start");
        ends.recv().expect("the test says when to end");
        Ok(())
    });
    let second = async {
        starts.await.expect("the rendering starts");
        let refused = run(&scheduler, 1, || Ok(())).await;
        end.send(()).expect("the rendering waits for its end");
        refused
    };
    let (slow, second) = tokio::join!(slow, second);
    assert!(slow.is_ok());
    assert!(matches!(second, Err(Error::Busy { retry_after_s: 1 })));
}

#[tokio::test]
async fn streams_without_memory_are_refused_before_they_start() {
    let scheduler = scheduler(50);
    let (_held, turn) = stream(&scheduler, 4 << 20).await.expect("the stream is admitted");
    drop(turn);
    let refused = stream(&scheduler, 3 << 20).await;
    assert!(matches!(refused, Err(Error::Busy { retry_after_s: 1 })));
    assert!(
        scheduler.admit(&ticket(&scheduler, Class::Tile), 1 << 20, None).await.is_ok(),
        "other renderings have their own share"
    );
}

#[tokio::test]
async fn large_renderings_get_their_permits_in_order() {
    let scheduler = scheduler(50);
    let (held, turn) = stream(&scheduler, 1 << 20).await.expect("the stream is admitted");
    assert!(stream(&scheduler, 1 << 20).await.is_err(), "there is one permit");
    assert!(!scheduler.is_over(&turn), "the queue is empty");
    drop((held, turn));
    assert!(stream(&scheduler, 1 << 20).await.is_ok());
    assert_eq!((scheduler.load()[2], scheduler.taken_kib()), (0, 0));
}

#[tokio::test]
async fn cancelled_callers_leave_the_queue() {
    let scheduler = scheduler(50);
    let [one, other] = [(); 2].map(|()| ticket(&scheduler, Class::Tile));
    let first = scheduler.admit(&one, 15 << 20, None).await.expect("the first rendering is admitted");
    let left = tokio::time::timeout(Duration::from_millis(10), scheduler.admit(&other, 15 << 20, None)).await;
    assert!(left.is_err());
    drop(first);
    assert_eq!((scheduler.load()[2], scheduler.taken_kib()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_while_a_c_library_reads_fails_one_rendering() {
    struct Panicking;
    impl ReadAt for Panicking {
        fn size(&self) -> u64 {
            1 << 20
        }

        fn read_at(&self, _: u64, _: &mut [u8]) -> std::io::Result<()> {
            panic!("broken")
        }
    }
    let scheduler = scheduler(100);
    let decode = || Ok(jpeg::rows(Arc::new(Panicking), 1, 0).map(drop)?);
    let broken = run(&scheduler, 1, decode).await;
    assert!(matches!(&broken, Err(Error::Damaged(reason)) if reason.contains("broken")), "{broken:?}");
    assert!(run(&scheduler, 1, || Ok(())).await.is_ok());
    assert_eq!((scheduler.load()[0], scheduler.taken_kib()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_releases_its_resources() {
    let scheduler = scheduler(100);
    let broken = run(&scheduler, 1, || -> Result<(), Error> { panic!("broken") }).await;
    assert!(matches!(broken, Err(Error::Fault(_))));
    assert!(run(&scheduler, 1, || Ok(())).await.is_ok());
    assert_eq!((scheduler.load()[0], scheduler.taken_kib()), (0, 0));
}
