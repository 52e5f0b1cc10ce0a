//! What is learnt from a collection: for each scheme a probe, trained on people's tags, and for styles clusters. The
//! catalogue stores both.

mod collect;
mod curate;
mod document;
mod even;
mod report;
mod tagger;
mod train;

pub(crate) use curate::{ClusterChange, ClusterState, no_cluster};
pub(crate) use report::{ClusterReport, ClustersReport, TrainingReport};
pub(in crate::gallery) use tagger::{Tagger, taggers};
pub(crate) use train::{TrainReport, TrainRun, train};

pub(in crate::gallery) use curate::{change_cluster, clusters};

/// The scheme that has clusters beside a probe.
const STYLE: &str = "style";

/// Tags of these schemes in a record say what style a work has: machines do not add to them.
const STYLE_SCHEMES: [&str; 3] = [STYLE, "movement", "period"];
