//! Large images that are sent while they are rendered, band by band.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use tokio::sync::mpsc;

use super::admission::{Class, Client, Ticket};
use super::handle::ImageHandle;
use super::read_tiles::{stored_bytes, tiles};
use super::renderer::{Renderer, stopped};
use super::scheduler::{LargePermit, StreamHold};
use crate::gallery::Error;
use crate::gallery::single_flight::Cancellation;
use crate::pixels::encode;
use crate::render::{self, Frame, Plan, Tile};

/// The number of bytes per chunk. Connections copy whole chunks into their own buffers, which are not accounted for.
const PIECE: usize = 64 << 10;
/// A client that takes a chunk within this time keeps up, and its image keeps the rendering slot.
const KEEPS_UP: Duration = Duration::from_millis(20);

/// An image that is sent while it is rendered.
pub(crate) struct Streamed {
    /// The total length in bytes, if known in advance.
    pub length: Option<u64>,
    /// The first chunk, and the channel of the others. An empty chunk marks the end.
    first: Option<Bytes>,
    pieces: mpsc::Receiver<Result<Bytes, Error>>,
}

impl Streamed {
    /// Streams all chunks. Rendering stops when the stream is dropped.
    pub(crate) fn pieces(self) -> impl Stream<Item = Result<Bytes, Error>> + use<> {
        futures::stream::unfold(Some((self.first, self.pieces)), |rest| async move {
            let (first, mut pieces) = rest?;
            let piece = match first {
                Some(first) => Ok(first),
                None => pieces.recv().await.unwrap_or_else(aborted),
            };
            match piece {
                Ok(piece) if piece.is_empty() => None,
                Ok(piece) => Some((Ok(piece), Some((None, pieces)))),
                Err(error) => Some((Err(error), None)),
            }
        })
    }
}

/// The end of a stream whose renderer disappeared: an error, so that it never appears complete.
fn aborted() -> Result<Bytes, Error> {
    Err(Error::Fault("a streamed rendering ended early".into()))
}

/// A stream in progress.
struct InProgress {
    hold: StreamHold,
    turn: Option<LargePermit>,
    sender: mpsc::Sender<Result<Bytes, Error>>,
}

impl Renderer {
    /// Whether an image is rendered band by band.
    pub(super) fn is_banded(&self, handle: &Arc<ImageHandle>, plan: &Plan) -> bool {
        plan.rendering().is_some() && render::is_banded(plan, &handle.master)
    }

    /// The length of a banded image in bytes, if known in advance.
    pub(super) fn banded_length(&self, handle: &Arc<ImageHandle>, plan: &Plan) -> Result<Option<u64>, Error> {
        Ok(render::banded_encoder(plan, &handle.master, &handle.color, &self.settings)?.length())
    }

    /// Starts to render band by band. The rendering is admitted and its first band is ready when this returns.
    ///
    /// At most one rendered band waits to be sent. The next one is drawn when the last chunk of the previous one has
    /// been taken, and rendering stops when the receiver is dropped.
    pub(super) async fn banded(
        self: &Arc<Self>,
        handle: &Arc<ImageHandle>,
        plan: &Plan,
        client: Option<Client>,
    ) -> Result<Streamed, Error> {
        let at = plan.rendering().ok_or_else(|| Error::Fault("a stored tile is not banded".into()))?;
        let encoder = render::banded_encoder(plan, &handle.master, &handle.color, &self.settings)?;
        let length = encoder.length();
        let ticket = self.scheduler.stream_ticket(client)?;
        let (sender, mut pieces) = mpsc::channel(1);
        let (renderer, handle, plan) = (self.clone(), handle.clone(), plan.clone());
        self.tasks.spawn(async move {
            let client = sender.clone();
            let made = async {
                if let Err(error) = renderer.stream(&handle, &plan, at, (encoder, ticket), sender).await {
                    handle.record_failure(&error);
                    let _gone = client.send(Err(error)).await;
                }
            };
            tokio::select! {
                () = made => {}
                () = client.closed() => {}
            }
        });
        let first = pieces.recv().await.unwrap_or_else(aborted)?;
        Ok(Streamed { length, first: Some(first), pieces })
    }

    async fn stream(
        &self,
        handle: &Arc<ImageHandle>,
        plan: &Plan,
        at: (usize, u32),
        (mut encoder, ticket): (encode::Stream, Ticket),
        sender: mpsc::Sender<Result<Bytes, Error>>,
    ) -> Result<(), Error> {
        // Cancels the work on a render thread when this future is dropped.
        let (cancellation, _guard) = Cancellation::guarded();
        let height = render::band_height(plan, &handle.master, at.0);
        let rows = height.min(plan.size.height);
        let mut drawn = 0;
        for top in (0..plan.size.height).step_by(height as usize) {
            drawn = drawn.max(cost(handle, at.0, &frame(handle, plan, at, top, height)?)?);
        }
        let made = render::band_bytes(plan, &handle.master, rows);
        let (hold, turn) = self.scheduler.admit_stream(ticket, made, drawn).await?;
        let mut stream = InProgress { hold, turn: Some(turn), sender };
        for top in (0..plan.size.height).step_by(height as usize) {
            let frame = frame(handle, plan, at, top, height)?;
            let (back, bytes) =
                self.band(handle, plan, at.0, frame, (encoder, &cancellation), &mut stream).await?;
            encoder = back;
            stream.send(bytes.into()).await?;
        }
        stream.turn = None;
        stream.send(encoder.finish()?.into()).await?;
        stream.end().await
    }

    /// Draws one band.
    async fn band(
        &self,
        handle: &Arc<ImageHandle>,
        plan: &Plan,
        level: usize,
        frame: Frame,
        (mut encoder, cancellation): (encode::Stream, &Cancellation),
        stream: &mut InProgress,
    ) -> Result<(encode::Stream, Vec<u8>), Error> {
        if stream.turn.as_ref().is_none_or(|turn| self.scheduler.is_over(turn)) {
            stream.turn = None;
            stream.turn = Some(self.scheduler.next_turn().await?);
        }
        let memory = self.scheduler.band(cost(handle, level, &frame)?, &stream.hold).await?;
        let stored: Vec<Tile> =
            tiles(handle, level, &frame.tiles).await?.into_iter().map(Tile::from).collect();
        let (handle, plan, cancellation) = (handle.clone(), plan.clone(), cancellation.clone());
        let work = move || {
            let drawn =
                render::draw(&frame, &handle.master.levels[level], &stored, &|| cancellation.is_cancelled());
            let picture = drawn.map_err(stopped)?;
            cancellation.check()?;
            let band = render::band(&plan, &picture, &frame, &handle.color)?;
            picture.recycle();
            let bytes = encoder.push(&band)?;
            Ok((encoder, bytes))
        };
        self.scheduler.run_within(memory.into(), (Class::Full, Arc::default()), work).await
    }
}

/// The band of at most `height` rows from `top`.
fn frame(
    handle: &Arc<ImageHandle>,
    plan: &Plan,
    at: (usize, u32),
    top: u32,
    height: u32,
) -> Result<Frame, Error> {
    let frame = Frame::of_band(plan, &handle.master, at, top, height.min(plan.size.height - top));
    frame.ok_or_else(|| Error::Fault("a band has no level".into()))
}

/// Memory for drawing a band in bytes, including its compressed tiles.
fn cost(handle: &Arc<ImageHandle>, level: usize, frame: &Frame) -> Result<u64, Error> {
    Ok(stored_bytes(handle, level, &frame.tiles)?.saturating_add(frame.cost(4)))
}

impl InProgress {
    /// Sends a band in chunks. A client that does not keep up gives up its slot meanwhile.
    async fn send(&mut self, mut bytes: Bytes) -> Result<(), Error> {
        let gone = |_| Error::Abandoned;
        while !bytes.is_empty() {
            let piece = bytes.split_to(bytes.len().min(PIECE));
            let place = match tokio::time::timeout(KEEPS_UP, self.sender.reserve()).await {
                Ok(place) => place.map_err(gone)?,
                Err(_) => {
                    self.turn = None;
                    self.sender.reserve().await.map_err(gone)?
                }
            };
            place.send(Ok(piece));
        }
        Ok(())
    }

    async fn end(self) -> Result<(), Error> {
        self.sender.send(Ok(Bytes::new())).await.map_err(|_| Error::Abandoned)
    }
}
