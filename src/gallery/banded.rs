//! Large answers that leave while they are made.

use std::sync::Arc;

use bytes::Bytes;
use futures::Stream;
use tokio::sync::mpsc;

use super::Error;
use super::deliver::{Kitchen, tiles};
use super::opened::Shared;
use crate::pixels::encode;
use crate::render::{self, Frame, Plan, Stopped};

impl Kitchen {
    /// An answer piece by piece and its length where that is known ahead, if it is one of those that are made
    /// band by band; it stops when nobody takes its pieces any more.
    #[allow(clippy::type_complexity)]
    pub fn banded(
        self: &Arc<Self>,
        opened: &Shared,
        plan: &Plan,
    ) -> Result<Option<(impl Stream<Item = Result<Bytes, Error>> + use<>, Option<u64>)>, Error> {
        let Some(at) = plan.rendering().filter(|_| render::is_banded(plan, &opened.master)) else {
            return Ok(None);
        };
        let encoder = render::banded_encoder(plan, &opened.master, &opened.look, &self.settings)?;
        let length = encoder.length();
        let (sender, receiver) = mpsc::channel(2);
        let (kitchen, opened, plan) = (self.clone(), opened.clone(), plan.clone());
        self.tasks.spawn(async move {
            let failed = sender.clone();
            if let Err(error) = kitchen.bands(&opened, &plan, at, encoder, sender).await {
                let _gone = failed.send(Err(error)).await;
            }
        });
        let stream = futures::stream::unfold(receiver, |mut receiver| async move {
            receiver.recv().await.map(|piece| (piece, receiver))
        });
        Ok(Some((stream, length)))
    }

    async fn bands(
        &self,
        opened: &Shared,
        plan: &Plan,
        (level, reduce): (usize, u32),
        mut encoder: encode::Stream,
        sender: mpsc::Sender<Result<Bytes, Error>>,
    ) -> Result<(), Error> {
        let height = render::band_height(plan, &opened.master, level);
        for top in (0..plan.size.height).step_by(height as usize) {
            let rows = height.min(plan.size.height - top);
            let frame = Frame::of_band(plan, &opened.master, (level, reduce), top, rows)
                .ok_or_else(|| Error::Fault("a band has no level".into()))?;
            let stored = tiles(opened, level, &frame).await?;
            let cost = frame.cost(4) + stored.iter().flatten().map(|tile| tile.len() as u64).sum::<u64>();
            let (opened, plan) = (opened.clone(), plan.clone());
            let work = move || {
                let drawn = render::draw(&frame, &opened.master.levels[level], &stored, &|| false);
                let picture = drawn.map_err(|stopped| match stopped {
                    Stopped::Abandoned => Error::Abandoned,
                    Stopped::Pixels(error) => error.into(),
                })?;
                let band = render::band(&plan, &picture, &frame, &opened.look)?;
                picture.recycle();
                let bytes = encoder.push(&band)?;
                Ok((encoder, bytes))
            };
            let (back, bytes) = self.lanes.run_in_turn(cost, work).await?;
            encoder = back;
            if !bytes.is_empty() && sender.send(Ok(bytes.into())).await.is_err() {
                return Ok(()); // The client has left.
            }
        }
        let end = encoder.finish()?;
        let _gone = sender.send(Ok(end.into())).await;
        Ok(())
    }
}
