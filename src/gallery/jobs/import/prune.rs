//! Withdraws works that are missing from the latest export of their source.

use super::Register;
use crate::catalogue::{Removal, Withdrawal};
use crate::gallery::Error;
use crate::gallery::jobs::JobService;

/// Works that were withdrawn, or would be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pruned {
    /// The number of works of the source.
    pub works: u64,
    /// Works without a record in the export.
    pub missing: Vec<String>,
    /// Why no work was withdrawn, if none was.
    pub refused: Option<String>,
}

/// The number of works per transaction.
const BATCH: usize = 1000;

impl JobService {
    /// Withdraws the works of a source that have no record in `register`: at most `limit`, by default a tenth of them,
    /// and none if records could not be read, for this reason; and removes its collections that were not read. A dry run
    /// only finds the works.
    pub(crate) async fn prune(
        &self,
        source: &str,
        register: &Register,
        limit: Option<u64>,
        reason: Option<String>,
        dry: bool,
    ) -> Result<Pruned, Error> {
        let works = self.catalogue.as_ref().ok_or(Error::NotFound)?;
        let name = source.to_owned();
        let all = works.work(|catalogue| async move { catalogue.works_of(&name).await }).await?;
        let total = all.len() as u64;
        let missing: Vec<String> = all.into_iter().filter(|number| !register.has(number)).collect();
        let refused = refusal(source, register, total, missing.len() as u64, limit);
        if refused.is_none() && !dry {
            let actor = format!("source:{source}");
            let withdrawal = Withdrawal { removal: Removal::BySource, reason, actor };
            for batch in missing.chunks(BATCH) {
                let (batch, withdrawal) = (batch.to_vec(), withdrawal.clone());
                works.work(|catalogue| async move { catalogue.remove(&batch, &withdrawal).await }).await?;
            }
            works.follow().await?;
            let (name, kept) = (source.to_owned(), register.collections().cloned().collect::<Vec<_>>());
            works.work(|catalogue| async move { catalogue.retain_collections(&name, &kept).await }).await?;
        }
        Ok(Pruned { works: total, missing, refused })
    }
}

/// Why the missing works are not withdrawn, if so.
fn refusal(
    source: &str,
    register: &Register,
    works: u64,
    missing: u64,
    limit: Option<u64>,
) -> Option<String> {
    if missing == 0 {
        return None;
    }
    if register.unread() > 0 {
        return Some(format!(
            "nothing is withdrawn: {} records could not be read, and the missing works may be theirs; fix them first",
            register.unread()
        ));
    }
    let default = works.div_ceil(10);
    let limit_or_default = limit.unwrap_or(if missing == works { 0 } else { default });
    (missing > limit_or_default).then(|| {
        let why = match limit {
            Some(limit) => format!("more than --prune-limit {limit}"),
            None if missing == works => "all of them".to_owned(),
            None => format!("more than a tenth ({default})"),
        };
        format!(
            "nothing is withdrawn: {missing} of {works} works of `{source}` have no record any more, {why}; list them \
             with --dry-run, and confirm them with --prune-limit {missing}"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn withdrawing_many_works_needs_confirmation() {
        let register = Register::default();
        for (works, missing, limit, is_allowed) in [
            (44, 0, None, true),
            (44, 5, None, true),
            (44, 6, None, false),
            (44, 40, Some(39), false),
            (44, 40, Some(40), true),
            (1, 1, None, false),
            (1, 1, Some(1), true),
            (3, 1, None, true),
        ] {
            let refused = refusal("a", &register, works, missing, limit);
            assert_eq!(refused.is_none(), is_allowed, "{works} {missing} {limit:?}: {refused:?}");
        }
        let mut register = Register::default();
        register.bad();
        assert!(refusal("a", &register, 44, 1, Some(9)).unwrap().contains("could not be read"));
    }
}
