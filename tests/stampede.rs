//! Many who ask for the same at once cost no more than one.

use std::sync::Barrier;

use crate::support::masters;
use crate::support::origin::Origin;
use crate::support::server::Server;

#[test]
fn a_hundred_concurrent_clients_share_one_rendering() {
    let origin = Origin::start();
    origin.put("a.tif", masters::jpeg_pyramid(&masters::noisy(1500, 1100), 256));
    for path in [
        "/iiif/3/a.tif/100,100,900,700/451,/0/default.jpg",
        "/iiif/3/a.tif/256,256,256,256/256,256/0/default.jpg",
    ] {
        origin.delay(0);
        let alone = Server::start(&origin.url());
        origin.take_requests();
        let expected = alone.get(path);
        let reads = origin.take_requests().len();
        drop(alone);

        let server = Server::start(&origin.url());
        origin.take_requests();
        origin.delay(60);
        let start = Barrier::new(100);
        let answers: Vec<_> = std::thread::scope(|scope| {
            let client = || {
                start.wait();
                server.get(path)
            };
            let clients: Vec<_> = (0..100).map(|_| scope.spawn(client)).collect();
            clients.into_iter().map(|client| client.join().unwrap()).collect()
        });
        for answer in &answers {
            assert_eq!((answer.status, answer.body == expected.body), (200, true), "{}", answer.text());
        }
        assert_eq!(origin.take_requests().len(), reads, "{path}: reads of a hundred, and of one");
        assert_eq!(server.metric("tegl_work_threads_busy") + server.metric("tegl_work_waiting"), 0.0);
    }
}
