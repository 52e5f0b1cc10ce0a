//! The museum's own part of the home page.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::SearchPage;
use super::results::{hit, results};
use crate::gallery::{Error, SearchService};
use crate::search::{Order, Search, Sort};
use crate::web::api::{ApiQuery, of_page, pairs_of, query_of, search_of};
use crate::web::pages::{Hit, Home, Row};
use crate::web::theme::settings;

/// Works are shown that were made this many years ago, or a multiple of it.
const ANNIVERSARY: i32 = 50;
const OLDEST: i32 = 600;

/// The heading, the text and the rows; `None` if the museum has none. Rows without works are left out.
pub(super) async fn home(page: &SearchPage<'_>, service: &Arc<SearchService>) -> Option<Home> {
    let (settings, preferred) = (&page.app.theme.settings, page.visit.publisher.preferred_languages());
    let mut rows = Vec::new();
    for own in &settings.home {
        match row(page, service, own).await {
            Ok(hits) if !hits.is_empty() => rows.push(Row {
                title: own.title.best(&preferred).unwrap_or_default().to_owned(),
                all: Some(own)
                    .filter(|own| own.works.is_empty() && !own.anniversaries)
                    .map(|own| page.url(&own.query)),
                hits,
            }),
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, title = own.title.best(&[]), "a row of the home page is left out")
            }
        }
    }
    let heading = settings.heading.best(&preferred).map(str::to_owned);
    let welcome = settings.welcome.best(&preferred).unwrap_or_default().lines().map(str::trim);
    let welcome: Vec<String> = welcome.filter(|text| !text.is_empty()).map(str::to_owned).collect();
    let is_empty = heading.is_none() && welcome.is_empty() && rows.is_empty();
    (!is_empty).then_some(Home { heading, welcome, rows })
}

async fn row(
    page: &SearchPage<'_>,
    service: &Arc<SearchService>,
    row: &settings::Row,
) -> Result<Vec<Hit>, Error> {
    if !row.works.is_empty() {
        return picked(page, service, row).await;
    }
    let snapshot = service.snapshot()?;
    let (table, query) = (
        of_page(),
        query_of(
            pairs_of(&row.query)
                .collect::<Vec<_>>()
                .iter()
                .map(|(name, value)| (name.as_ref(), value.as_str())),
        ),
    );
    let search = Search { limit: row.limit, ..search_of(&ApiQuery::read(&table, &query)?, &snapshot)? };
    if row.anniversaries {
        return anniversaries(page, service, &search, row.limit).await;
    }
    let offset = match row.daily {
        false => 0,
        true => {
            let total = service.find(Search { limit: 0, ..search.clone() }).await?.found.total;
            // The days go through all works, a row a day.
            days().wrapping_mul(row.limit as u64).checked_rem(total).unwrap_or(0) as usize
        }
    };
    results(page, &service.find(Search { offset, ..search }).await?)
}

/// The works that the museum has picked, in its order.
async fn picked(
    page: &SearchPage<'_>,
    service: &Arc<SearchService>,
    row: &settings::Row,
) -> Result<Vec<Hit>, Error> {
    let order = Order { sort: Sort::Number, backwards: false };
    let (numbers, limit) = (vec![row.works.clone()], 2 * row.works.len());
    let hits = service.find(Search { numbers, limit, order, ..Search::default() }).await?;
    let mut found = Vec::new();
    for place in &hits.found.hits {
        let work = hits.snapshot.stored(*place)?;
        let at = row.works.iter().position(|number| *number == work.number());
        found.extend(at.and_then(|at| Some((at, hit(page.app, page.visit, &work)?))));
    }
    found.sort_by_key(|(at, _)| *at);
    Ok(found.into_iter().map(|(_, hit)| hit).take(row.limit).collect())
}

/// Works that were made 50, 100, 150 … years ago, some of each.
async fn anniversaries(
    page: &SearchPage<'_>,
    service: &Arc<SearchService>,
    search: &Search,
    limit: usize,
) -> Result<Vec<Hit>, Error> {
    let this_year = i32::from(jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).year());
    let mut found: Vec<Hit> = Vec::new();
    for ago in (ANNIVERSARY..=OLDEST).step_by(ANNIVERSARY as usize) {
        let year = this_year - ago;
        // Dated to the year, so that «1800 to 1900» is not an anniversary each year.
        let (made_from, made_until) = (Some((year, year)), Some((year, year)));
        let hits = service
            .find(Search { made_from, made_until, limit: limit.div_ceil(2), ..search.clone() })
            .await?;
        found.extend(results(page, &hits)?);
        if found.len() >= limit {
            break;
        }
    }
    found.truncate(limit);
    Ok(found)
}

/// Days since 1970.
fn days() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() / 86_400)
}
