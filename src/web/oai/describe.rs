//! What the repository is and has: `Identify`, `ListMetadataFormats` and `ListSets` (OAI-PMH 2.0, §4.2, §4.4, §4.6).

use super::datestamp::datestamp;
use super::fault::{Code, Failure, Fault};
use super::records::{find, resumption};
use super::set::SetSpec;
use super::token::SetPosition;
use super::{Repository, SCHEMA_INSTANCE};
use crate::catalogue::ALL;
use crate::presentation::{ExchangeFormat, Xml};
use crate::web::App;

/// `Identify`.
pub(super) async fn identify(app: &App, repository: &Repository) -> Result<Xml, Failure> {
    let first = app.gallery.works.first_change_ms().await?;
    let first = first.unwrap_or_else(|| jiff::Timestamp::now().as_millisecond());
    let mut xml = Xml::fragment();
    xml.element("Identify", &[], |xml| {
        xml.text("repositoryName", &[], &repository_name(app, repository));
        xml.text("baseURL", &[], &repository.address.oai());
        xml.text("protocolVersion", &[], "2.0");
        let email = match app.live().oai.admin_email.as_str() {
            // The schema of the protocol wants a dot.
            "" if !repository.host.contains('.') => format!("webmaster@{}.invalid", repository.host),
            "" => format!("webmaster@{}", repository.host),
            email => email.to_owned(),
        };
        xml.text("adminEmail", &[], &email);
        xml.text("earliestDatestamp", &[], &datestamp(first));
        xml.text("deletedRecord", &[], "persistent");
        xml.text("granularity", &[], "YYYY-MM-DDThh:mm:ssZ");
        ["gzip", "br"].into_iter().for_each(|encoding| xml.text("compression", &[], encoding));
        if is_domain(&repository.host) {
            xml.element("description", &[], |xml| identifier_scheme(repository, xml));
        }
    });
    Ok(xml)
}

fn repository_name(app: &App, repository: &Repository) -> String {
    let own = app.live().oai.repository_name.clone();
    if !own.is_empty() {
        return own;
    }
    let name = app.publisher.name.best(&app.publisher.preferred_languages());
    name.unwrap_or(&repository.host).to_owned()
}

/// The scheme of identifiers (Implementation Guidelines, `oai-identifier`), whose namespaces are domain names.
fn identifier_scheme(repository: &Repository, xml: &mut Xml) {
    const NAMESPACE: &str = "http://www.openarchives.org/OAI/2.0/oai-identifier";
    let location = format!("{NAMESPACE} http://www.openarchives.org/OAI/2.0/oai-identifier.xsd");
    let root = [("xmlns", NAMESPACE), ("xmlns:xsi", SCHEMA_INSTANCE), ("xsi:schemaLocation", &*location)];
    xml.element("oai-identifier", &root, |xml| {
        xml.text("scheme", &[], "oai");
        xml.text("repositoryIdentifier", &[], &repository.host);
        xml.text("delimiter", &[], ":");
        xml.text("sampleIdentifier", &[], &repository.identifier("KMS1"));
    });
}

fn is_domain(host: &str) -> bool {
    let is_label = |label: &str| label.starts_with(|c: char| c.is_ascii_alphabetic());
    host.contains('.') && host.split('.').all(is_label)
}

/// `ListMetadataFormats`: every record has every format.
pub(super) async fn formats(
    app: &App,
    repository: &Repository,
    identifier: Option<&str>,
) -> Result<Xml, Failure> {
    if let Some(identifier) = identifier {
        find(app, repository, identifier).await?;
    }
    let mut xml = Xml::fragment();
    xml.element("ListMetadataFormats", &[], |xml| {
        for format in ExchangeFormat::ALL {
            xml.element("metadataFormat", &[], |xml| {
                xml.text("metadataPrefix", &[], format.prefix());
                xml.text("schema", &[], &format.schema(&repository.address));
                xml.text("metadataNamespace", &[], format.namespace());
            });
        }
    });
    Ok(xml)
}

/// `ListSets`: each scheme, followed by its values.
pub(super) async fn sets(app: &App, from: SetPosition) -> Result<Xml, Failure> {
    let works = &app.gallery.works;
    let mut schemes = works.schemes().await?;
    schemes.retain(|(scheme, _)| scheme != ALL);
    schemes.sort();
    if schemes.is_empty() {
        return Err(Fault::new(Code::NoSetHierarchy, "this repository has no sets yet").into());
    }
    let mut found: Vec<(SetSpec, String)> = Vec::new();
    let (mut next, page) = (from.clone(), app.live().oai.page);
    while found.len() < page
        && let Some((scheme, _)) = schemes.get(usize::try_from(next.scheme).unwrap_or(usize::MAX))
    {
        if next.value == 0 {
            found.push((SetSpec::of(scheme, None), app.publisher.scheme_label(scheme)));
            next.value = 1;
        }
        let limit = page - found.len();
        // One value more tells whether the scheme has others.
        let mut values = works.facet_values(scheme, next.value - 1, limit + 1).await?;
        let is_last = values.len() <= limit;
        values.truncate(limit);
        let read = values.len() as u64;
        let named = |value: crate::catalogue::FacetValue| {
            let name = value.label.best(&[]).unwrap_or(&value.value).to_owned();
            (SetSpec::of(scheme, Some(&value.value)), name)
        };
        found.extend(values.into_iter().map(named));
        next = match is_last {
            true => SetPosition { scheme: next.scheme + 1, value: 0, cursor: next.cursor },
            false => SetPosition { value: next.value + read, ..next },
        };
    }
    if found.is_empty() {
        return Err(Fault::token().into());
    }
    next.cursor += found.len() as u64;
    let mut xml = Xml::fragment();
    xml.element("ListSets", &[], |xml| {
        for (set, name) in &found {
            xml.element("set", &[], |xml| {
                xml.text("setSpec", &[], &set.to_string());
                xml.text("setName", &[], name);
            });
        }
        let has_more = (next.scheme as usize) < schemes.len();
        let token = if has_more { next.token() } else { String::new() };
        if has_more || from.cursor > 0 {
            let size: u64 = schemes.iter().map(|(_, values)| values + 1).sum();
            resumption(xml, from.cursor, Some(size.max(next.cursor)), &token);
        }
    });
    Ok(xml)
}
