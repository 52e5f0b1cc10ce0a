//! `GET /api/v1/creators/{creator}`: one creator.

use actix_web::HttpRequest;

use super::parameters::OF_CREATOR;
use super::query::{ApiQuery, query_of};
use super::responses::{Label, Person, PersonRole, Url, as_json};
use super::works::json_response;
use crate::gallery::Error;
use crate::iiif::{Invalid, Version};
use crate::presentation::Address;
use crate::record::{Profile, slug};
use crate::search::FacetValue;
use crate::web::App;
use crate::web::http::response::Response;

/// A creator with what works state.
pub(in crate::web) struct CreatorProfile {
    /// The facet value.
    pub value: String,
    pub profile: Profile,
    /// The number of works.
    pub works: u64,
    /// The roles with their numbers of works, the most frequent first.
    pub roles: Vec<(FacetValue, u64)>,
}

/// A creator by its facet value, with the number of its works. A name is accepted in place of its slug.
///
/// # Errors
/// Returns [`Error::NotFound`] if works have never had this creator, and [`Error::NoWorks`] if all of them were withdrawn.
pub(in crate::web) async fn profile_of(app: &App, value: &str) -> Result<CreatorProfile, Error> {
    let service = app.gallery.search()?;
    let (snapshot, value) = (service.snapshot()?, slug(value));
    let Some(number) = snapshot.creator_number(&value) else {
        return Err(app.gallery.works.missing_creator(&value).await);
    };
    let works = snapshot.work_count(number);
    let own = value.clone();
    let (statements, roles) =
        service.query(move || Ok((snapshot.statements_about(&own)?, snapshot.roles_of(&own)?))).await?;
    let mut profile = app.gallery.works.profile(&value, &statements).await?;
    if profile.name.is_empty() {
        // Statements that are too long are not indexed.
        profile.name.clone_from(&value);
    }
    Ok(CreatorProfile { value, profile, works, roles })
}

pub(super) async fn one(app: &App, request: &HttpRequest, creator: &str) -> Result<Response, Error> {
    let query = ApiQuery::read(&OF_CREATOR, request.query_string())?;
    let decoded = percent_encoding::percent_decode_str(creator).decode_utf8();
    let creator =
        decoded.map_err(|_| Invalid::new("creator", creator, "is not UTF-8 when percent-decoded"))?;
    let CreatorProfile { value, profile, works, roles } = profile_of(app, &creator).await?;
    let address = Address::new(&app.base.of(request)?);
    let filter = format!("creator:{value}");
    let search_for = |filters: &[&str]| {
        let filters = filters.iter().map(|filter| ("any", *filter));
        Url(format!("{}/api/v1/works?{}", address.base(), query_of(filters)))
    };
    let role_of = |(role, works): (FacetValue, u64)| {
        let own = format!("role:{}", role.value);
        PersonRole {
            search: search_for(&[&filter, &own]),
            role: role.label.best(query.text("lang").as_slice()).unwrap_or(&role.value).to_owned(),
            filter: own,
            works,
        }
    };
    let biography = (!profile.biography.is_empty()).then(|| match query.text("lang") {
        Some(lang) => Label::One(profile.biography.best(&[lang]).map(str::to_owned)),
        None => Label::All(profile.biography.clone()),
    });
    let person = Person {
        biography,
        birth: profile.birth,
        collection: Url(address.facet_value(Version::V3, "creator", &value, None)),
        death: profile.death,
        gender: profile.gender,
        id: Url(address.creator(&value)),
        identifiers: profile.ids,
        name: profile.name,
        names: profile.names,
        nationality: profile.nationality,
        page: Url(address.creator_page(&value)),
        roles: roles.into_iter().map(role_of).collect(),
        same_as: profile.same_as.into_iter().map(Url).collect(),
        search: search_for(&[&filter]),
        sort_name: profile.sort_name,
        value,
        works,
        filter,
    };
    Ok(json_response(request, as_json(&person)).await.into())
}
