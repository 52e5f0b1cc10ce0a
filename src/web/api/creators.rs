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
use crate::web::App;
use crate::web::http::response::Response;

/// A creator by its facet value, with the number of its works. A name is accepted in place of its slug.
///
/// # Errors
/// Returns [`Error::NotFound`] if works have never had this creator, and [`Error::NoWorks`] if all of them were withdrawn.
pub(in crate::web) async fn profile_of(app: &App, value: &str) -> Result<(String, Profile, u64), Error> {
    let service = app.gallery.search()?;
    let (snapshot, value) = (service.snapshot()?, slug(value));
    let Some(number) = snapshot.creator_number(&value) else {
        return Err(app.gallery.works.missing_creator(&value).await);
    };
    let works = snapshot.work_count(number);
    let own = value.clone();
    let statements = service.query(move || snapshot.statements_about(&own)).await?;
    let mut profile = app.gallery.works.profile(&value, &statements).await?;
    if profile.name.is_empty() {
        // Statements that are too long are not indexed.
        profile.name.clone_from(&value);
    }
    Ok((value, profile, works))
}

pub(super) async fn one(app: &App, request: &HttpRequest, creator: &str) -> Result<Response, Error> {
    let query = ApiQuery::read(&OF_CREATOR, request.query_string())?;
    let decoded = percent_encoding::percent_decode_str(creator).decode_utf8();
    let creator =
        decoded.map_err(|_| Invalid::new("creator", creator, "is not UTF-8 when percent-decoded"))?;
    let (value, profile, works) = profile_of(app, &creator).await?;
    let address = Address::new(&app.base.of(request)?);
    let filter = format!("creator:{value}");
    let search = format!("{}/api/v1/works?{}", address.base(), query_of([("any", filter.as_str())]));
    let biography = (!profile.biography.is_empty()).then(|| match query.text("lang") {
        Some(lang) => Label::One(profile.biography.best(&[lang]).map(str::to_owned)),
        None => Label::All(profile.biography.clone()),
    });
    let person = Person {
        biography,
        birth: profile.birth,
        collection: Url(address.facet_value(Version::V3, "creator", &value, None)),
        death: profile.death,
        filter,
        gender: profile.gender,
        id: Url(address.creator(&value)),
        identifiers: profile.ids,
        name: profile.name,
        names: profile.names,
        nationality: profile.nationality,
        page: Url(address.creator_page(&value)),
        roles: profile.roles.into_iter().map(|(role, works)| PersonRole { role, works }).collect(),
        same_as: profile.same_as.into_iter().map(Url).collect(),
        search: Url(search),
        sort_name: profile.sort_name,
        value,
        works,
    };
    Ok(json_response(request, as_json(&person)).await.into())
}
