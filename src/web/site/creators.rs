//! The pages about creators.

use actix_web::HttpRequest;
use serde_json::{Value, json};

use super::authority::authority;
use super::search::results::hit;
use super::visit::{Visit, encoded};
use crate::gallery::Error;
use crate::iiif::Version;
use crate::presentation::{Address, http_uri};
use crate::record::Profile;
use crate::search::{FacetValue, Filter, Search};
use crate::web::App;
use crate::web::api::{CreatorProfile, pairs_of, profile_of, query_of};
use crate::web::pages::{self, AuthorityList, CreatorPage, Link};

/// Creators on one page.
const PAGE: usize = 200;
/// Works on the page of a creator.
const WORKS: usize = 48;
/// The longest name to find, in characters.
const MAX_TYPED: usize = 100;

/// The list, by the beginnings of names in `q`, from the place `start` on.
pub(super) async fn list(app: &App, request: &HttpRequest, visit: &Visit) -> Result<String, Error> {
    let service = app.gallery.search()?;
    let snapshot = service.snapshot()?;
    let parameter = |name: &str| pairs_of(request.query_string()).find(|(known, _)| known == name);
    let typed = parameter("q").map(|(_, value)| value).unwrap_or_default();
    let typed: String = typed.trim().chars().take(MAX_TYPED).collect();
    let start = parameter("start").and_then(|(_, start)| start.parse().ok()).unwrap_or(0usize);
    let (own, words) = (snapshot.clone(), typed.clone());
    let found = service.query(move || Ok(own.values_named("creator", &words))).await?;
    let total = found.len();
    let vocabulary = snapshot.vocabulary();
    let creators = found.into_iter().skip(start).take(PAGE).filter_map(|(number, works)| {
        let value = vocabulary.value(number)?;
        let label = value.inverted.as_deref().or_else(|| value.label.best(&[])).unwrap_or(&value.value);
        Some(Link {
            label: label.to_owned(),
            href: visit.context.page(&format!("/creators/{}", encoded(&value.value))),
            count: Some(works),
            ..Link::default()
        })
    });
    let next = (start.saturating_add(PAGE) < total).then(|| {
        let place = (start + PAGE).to_string();
        let pairs = [("q", typed.as_str()), ("start", place.as_str())];
        let given = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        visit.context.page(&format!("/creators?{}", query_of(given)))
    });
    let page = AuthorityList { links: creators.collect(), total: total as u64, next, typed };
    Ok(pages::creators(&visit.context, &page))
}

/// One creator.
pub(super) async fn one(app: &App, request: &HttpRequest, visit: &Visit, id: &str) -> Result<String, Error> {
    let CreatorProfile { value, profile, works, roles } = profile_of(app, id).await?;
    let filter = Filter { scheme: "creator".into(), value: value.clone() };
    let search = Search { any: vec![filter], limit: WORKS, ..Search::default() };
    let found = app.gallery.search()?.find(search).await?;
    let mut hits = Vec::with_capacity(found.found.hits.len());
    for place in &found.found.hits {
        hits.extend(hit(app, visit, &found.snapshot.stored(*place)?));
    }
    let address = Address::new(&app.base.of(request)?);
    let url = address.creator_page(&value);
    let elsewhere = profile.same_as.iter().filter_map(|uri| {
        let href = http_uri(uri)?;
        Some(Link {
            label: authority(uri).map_or_else(|| uri.clone(), str::to_owned),
            href,
            ..Link::default()
        })
    });
    let preferred = visit.publisher.preferred_languages();
    let role = |(role, works): &(FacetValue, u64)| Link {
        label: (visit.own_name(&role.scheme, &role.value))
            .or_else(|| role.label.best(&preferred))
            .unwrap_or(&role.value)
            .to_owned(),
        href: visit.search_for(&[("creator", &value), (&role.scheme, &role.value)]),
        count: Some(*works),
        ..Link::default()
    };
    let biography = profile.biography.best(&preferred).unwrap_or_default();
    let paragraphs = biography.lines().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let page = CreatorPage {
        json_ld: json_ld(&profile, &url),
        birth: profile.birth,
        death: profile.death,
        nationality: profile.nationality.clone(),
        gender: profile.gender.clone(),
        names: profile.names.clone(),
        biography: paragraphs.collect(),
        roles: roles.iter().map(role).collect(),
        elsewhere: elsewhere.collect(),
        works,
        hits,
        search: visit.search_for(&[("creator", &value)]),
        collection: address.facet_value(Version::V3, "creator", &value, None),
        record: address.creator(&value),
        name: profile.name,
        url,
    };
    Ok(pages::creator(&visit.context, &page))
}

/// The creator as a `Person` of schema.org.
fn json_ld(profile: &Profile, url: &str) -> Value {
    let mut person = json!({
        "@context": "https://schema.org", "@type": "Person", "@id": url, "url": url, "name": profile.name,
    });
    let year = |year: i32| (year > 0).then(|| Value::from(format!("{year:04}")));
    let same_as: Vec<String> = profile.same_as.iter().filter_map(|uri| http_uri(uri)).collect();
    for (field, value) in [
        ("alternateName", (!profile.names.is_empty()).then(|| Value::from(profile.names.clone()))),
        ("birthDate", profile.birth.and_then(year)),
        ("deathDate", profile.death.and_then(year)),
        ("gender", profile.gender.clone().map(Value::from)),
        ("nationality", profile.nationality.clone().map(Value::from)),
        ("sameAs", (!same_as.is_empty()).then(|| Value::from(same_as))),
    ] {
        if let Some(value) = value {
            person[field] = value;
        }
    }
    person
}
