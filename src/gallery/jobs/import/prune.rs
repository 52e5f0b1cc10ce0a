//! Withdraws works that are missing from the latest export of their source.

use super::Register;
use crate::gallery::Error;
use crate::gallery::jobs::JobService;

/// Works that were withdrawn, or would be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pruned {
    /// The number of works of the source.
    pub works: u64,
    /// Works without a record in the export.
    pub missing: Vec<String>,
    /// Why nothing was withdrawn, if so.
    pub refused: Option<String>,
}

/// Works per transaction.
const BATCH: usize = 1000;

impl JobService {
    /// Withdraws the works of a source that no record of `register` is about: at most `limit`, or a tenth of them where
    /// none is given, and none where records could not be read. A dry run only finds them.
    pub(crate) async fn prune(
        &self,
        source: &str,
        register: &Register,
        limit: Option<u64>,
        dry: bool,
    ) -> Result<Pruned, Error> {
        let works = self.catalogue.as_ref().ok_or(Error::NotFound)?;
        let name = source.to_owned();
        let all = works.work(|catalogue| async move { catalogue.works_of(&name).await }).await?;
        let total = all.len() as u64;
        let missing: Vec<String> = all.into_iter().filter(|number| !register.has(number)).collect();
        let refused = refusal(source, register, total, missing.len() as u64, limit);
        if refused.is_none() && !dry {
            for some in missing.chunks(BATCH) {
                let some = some.to_vec();
                works.work(|catalogue| async move { catalogue.remove(&some).await }).await?;
            }
            works.follow().await?;
        }
        Ok(Pruned { works: total, missing, refused })
    }
}

/// Why so many works are not to be withdrawn, if they are not.
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
            "nothing is withdrawn: {} records could not be read, and the works missing may be theirs; mend them first",
            register.unread()
        ));
    }
    let usual = works.div_ceil(10);
    let most = limit.unwrap_or(if missing == works { 0 } else { usual });
    (missing > most).then(|| {
        let why = match limit {
            Some(limit) => format!("more than --prune-limit {limit}"),
            None if missing == works => "all of them".to_owned(),
            None => format!("more than a tenth ({usual})"),
        };
        format!(
            "nothing is withdrawn: {missing} of {works} works of `{source}` have no record any more, {why}; look at them \
             with --dry-run, and confirm them with --prune-limit {missing}"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_works_are_withdrawn_only_if_that_is_confirmed() {
        let register = Register::default();
        for (works, missing, limit, goes) in [
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
            assert_eq!(refused.is_none(), goes, "{works} {missing} {limit:?}: {refused:?}");
        }
        let mut register = Register::default();
        register.bad();
        assert!(refusal("a", &register, 44, 1, Some(9)).unwrap().contains("could not be read"));
    }
}
