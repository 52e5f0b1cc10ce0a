//! The paths of the description, by resource.

use serde_json::{Map, Value, json};

use super::operation::{
    OF_BATCH, OF_CHANGE, OF_CHANGES, OF_CLUSTER, OF_PICTURE, OF_RESTORATION, OF_REVIEW, OF_SEARCH,
    OF_SIMILAR, OF_WITHDRAWAL, OF_WORK, Operation, USUAL, json_of,
};
use super::sample::Sample;
use crate::presentation::LinkedDataFormat;
use crate::web::api::dump::NAMES;
use crate::web::api::parameters::{
    OF_CREATOR, OF_ONE, OF_WAITING_ANNOTATIONS, OF_WAITING_TAGS, OF_WAITING_WORKS, OF_WITHDRAWAL as REASON,
    of_concepts, of_random, of_similar, of_suggest, of_terms, of_works,
};

/// `*`, or entity tags separated by commas (RFC 9110, §8.8.3).
const IF_MATCH: &str = "^(\\*|(W/)?\"[!#-~]*\"( *, *(W/)?\"[!#-~]*\")*)$";

/// All paths, with their operations by method.
pub(super) fn paths(sample: &Sample) -> Map<String, Value> {
    let work = in_path("work", &sample.work);
    let tag = [work.clone(), in_path("tag", "0123456789abcdef")];
    let mut paths = lists(sample);
    paths.extend(dumps());
    many_tags(&mut paths["/api/v1/tags"], sample);
    paths.extend(review(sample));
    paths.insert("/api/v1/works/{work}".into(), one_work(sample, &work));
    let creator = in_path("creator", &sample.creator);
    let get = Operation::new("creator", "A creator, with what works and authority records state", OF_WORK)
        .parameters([creator])
        .parameters(sample.parameters(&OF_CREATOR))
        .returns("Person");
    let concept = Operation::new(
        "concept",
        "A concept, with the values of works that mean it or a narrower one",
        USUAL,
    )
    .parameters([in_path("concept", &sample.concept)])
    .parameters(sample.parameters(&OF_CREATOR))
    .returns("Concept");
    paths.insert("/api/v1/concepts/{concept}".into(), json!({ "get": concept }));
    paths.insert("/api/v1/creators/{creator}".into(), json!({ "get": get }));
    paths.insert("/api/v1/works/{work}/restore".into(), restored(&work));
    paths.insert("/api/v1/works/{work}/similar".into(), similar_to_work(sample, &work));
    for format in LinkedDataFormat::ALL {
        let path = format!("/api/v1/works/{{work}}/{}", format.suffix());
        paths.insert(path, linked_data(format, &work));
    }
    paths.insert("/api/v1/similar".into(), similar(sample));
    paths.insert("/api/v1/works/{work}/tags".into(), tags(&work));
    paths.insert("/api/v1/works/{work}/tags/{tag}".into(), one_tag(&tag));
    paths.insert("/api/v1/works/{work}/tags/{tag}/history".into(), history(&tag));
    paths
}

/// Lists of works and of their values.
fn lists(sample: &Sample) -> Map<String, Value> {
    let values = sample.parameters(&of_terms(true));
    let values = [vec![in_path("scheme", &sample.scheme)], values].concat();
    let table = [
        ("", "start", "Links to all endpoints", vec![], "Start"),
        (
            "/works",
            "findWorks",
            "Search works, page by page, with counts of facets and periods",
            sample.parameters(&of_works()),
            "Works",
        ),
        (
            "/random",
            "randomWorks",
            "Random works among the results of a search",
            sample.parameters(&of_random()),
            "Works",
        ),
        ("/suggest", "suggest", "Suggestions while typing", sample.parameters(&of_suggest()), "Suggestions"),
        (
            "/creators",
            "creators",
            "Creators in alphabetical order, with their numbers of works",
            sample.parameters(&of_terms(false)),
            "Creators",
        ),
        (
            "/concepts",
            "concepts",
            "Concepts of imported vocabularies, by URI",
            sample.parameters(&of_concepts()),
            "Concepts",
        ),
        ("/tags", "schemes", "Schemes of tags and other values of works", vec![], "Schemes"),
        (
            "/tags/{scheme}",
            "values",
            "The values of a scheme as a tree, level by level, with their numbers of works",
            values,
            "Values",
        ),
    ];
    let described = table.map(|(path, id, about, parameters, schema)| {
        let problems = if path == "/works" { OF_SEARCH } else { USUAL };
        let get = Operation::new(id, about, problems).parameters(parameters).returns(schema);
        (format!("/api/v1{path}"), json!({ "get": get }))
    });
    described.into_iter().collect()
}

/// Changes of the tags of many works.
fn many_tags(tags: &mut Value, sample: &Sample) {
    let about = "Decide about many tags: all decisions are made, or none; a problem has the `index` of the first that cannot be made";
    let patch =
        Operation::new("judgeTags", about, OF_CHANGES).body("Judgements").returns("Decided").with_token();
    let about = "Add a batch of tags: good lines are stored, the others are reported";
    let line = format!(
        "{{\"work\": {}, \"scheme\": \"motif\", \"label\": {{\"en\": \"dog\"}}, \"source\": \"model:detector@1\", \"confidence\": 0.9}}",
        json!(sample.work)
    );
    let lines = "JSON Lines: each line has the fields of a new tag and `work`, the object number. Tags with the source \
        `model:NAME@VERSION` are proposed, without `status`, `note` and `revision`; `curator`'s are decisions.";
    let post =
        Operation::new("addTags", about, OF_BATCH).lines(lines, &line).returns("AddedTags").with_token();
    (tags["patch"], tags["post"]) = (json!(patch), json!(post));
}

/// Tags that wait for a curator's decision.
fn review(sample: &Sample) -> Map<String, Value> {
    let (scheme, value) = (in_path("scheme", &sample.scheme), in_path("value", "dog"));
    let table = [
        (
            "/annotations",
            "waitingAnnotations",
            "Annotations that wait for a decision, oldest first, after the one that the revision `after` created",
            sample.parameters(&OF_WAITING_ANNOTATIONS),
            "WaitingAnnotations",
        ),
        (
            "/schemes",
            "waitingSchemes",
            "Schemes with tags that wait for a decision",
            vec![],
            "WaitingSchemes",
        ),
        (
            "/schemes/{scheme}",
            "waitingValues",
            "Values of a scheme with tags that wait for a decision, most tags first",
            vec![scheme.clone()],
            "WaitingValues",
        ),
        (
            "/schemes/{scheme}/{value}",
            "waitingTags",
            "Tags of one value that wait for a decision, the most confident first",
            [vec![scheme, value], sample.parameters(&OF_WAITING_TAGS)].concat(),
            "WaitingTags",
        ),
        (
            "/works",
            "waitingWorks",
            "All tags that wait for a decision, work by work after the work `after`",
            sample.parameters(&OF_WAITING_WORKS),
            "WaitingWorks",
        ),
    ];
    let described = table.map(|(path, id, about, parameters, schema)| {
        let get = Operation::new(id, about, OF_REVIEW).parameters(parameters).returns(schema).with_token();
        (format!("/api/v1/review{path}"), json!({ "get": get }))
    });
    described.into_iter().chain(clusters()).collect()
}

/// Clusters of works.
fn clusters() -> [(String, Value); 2] {
    let (scheme, number) = (in_path("scheme", "style"), in_path("cluster", "1"));
    let about = "Groups of works that look alike to a model, found by `tegl tag train`";
    let all = Operation::new("clusters", about, OF_REVIEW)
        .parameters([scheme.clone()])
        .returns("Clusters")
        .with_token();
    let about = "A group of works that look alike to a model";
    let one = Operation::new("cluster", about, OF_REVIEW)
        .parameters([scheme.clone(), number.clone()])
        .returns("Cluster")
        .with_token();
    let about = "Name, hide or merge a group; the tags of its works change with it";
    let patch = Operation::new("judgeCluster", about, OF_CLUSTER)
        .parameters([scheme, number, if_match_of("only if the group has not changed: its ETag")])
        .body("ClusterJudgement")
        .returns("Cluster")
        .with_token();
    [
        ("/api/v1/review/clusters/{scheme}".into(), json!({ "get": all })),
        ("/api/v1/review/clusters/{scheme}/{cluster}".into(), json!({ "get": one, "patch": patch })),
    ]
}

/// Dumps of all works.
fn dumps() -> impl Iterator<Item = (String, Value)> {
    let about =
        "All works at once, generated while it is sent; resume a download with `Range` and `If-Range`";
    NAMES.iter().map(move |(name, media_type)| {
        let media_type = media_type.split(';').next().unwrap_or(media_type);
        let content = json!({ media_type: { "schema": { "type": "string" } } });
        let get = Operation::new(format!("dump_{}", name.replace('.', "_")), about, USUAL)
            .response(200, json!({ "description": about, "content": content }));
        (format!("/api/v1/dump/{name}"), json!({ "get": get }))
    })
}

fn one_work(sample: &Sample, work: &Value) -> Value {
    let about = "A work, with its original record";
    let parameters = [vec![work.clone()], sample.parameters(&OF_ONE)].concat();
    let get = Operation::new("work", about, OF_WORK).parameters(parameters).returns("Work");
    let about = "Withdraw a work: its URLs, and those of images that no other work has, respond with 410 until it is restored";
    let parameters = [vec![work.clone(), if_match()], sample.parameters(&REASON)].concat();
    let delete = Operation::new("withdrawWork", about, OF_WITHDRAWAL)
        .parameters(parameters)
        .optional_body("Withdrawal")
        .response(204, with_etag("Withdrawn"))
        .with_token();
    json!({ "get": get, "delete": delete })
}

fn restored(work: &Value) -> Value {
    let about = "Show a withdrawn work again";
    let post = Operation::new("restoreWork", about, OF_RESTORATION)
        .parameters([work.clone(), if_match()])
        .response(204, with_etag("Restored, or was not withdrawn"))
        .with_token();
    json!({ "post": post })
}

/// A response without a body, with the work's revision.
fn with_etag(description: &str) -> Value {
    let etag = json!({ "description": "The work's revision.", "schema": { "type": "string" } });
    json!({ "description": description, "headers": { "ETag": etag } })
}

/// A work as JSON-LD, which `Accept` chooses at the address of the work, too.
fn linked_data(format: LinkedDataFormat, work: &Value) -> Value {
    let (id, about) = match format {
        LinkedDataFormat::SchemaOrg => ("schemaOrg", "A work in the vocabulary of schema.org"),
        LinkedDataFormat::LinkedArt => ("linkedArt", "A work in Linked Art"),
    };
    let content = json!({ "application/ld+json": { "schema": { "type": "object" } } });
    let get = Operation::new(id, about, OF_WORK)
        .parameters([work.clone()])
        .response(200, json!({ "description": about, "content": content }));
    json!({ "get": get })
}

fn similar_to_work(sample: &Sample, work: &Value) -> Value {
    let about = "Works like this one, or like a detail of it; with how similar they are, and why";
    let parameters = [vec![work.clone()], sample.parameters(&of_similar(true))].concat();
    json!({ "get": Operation::new("similarToWork", about, OF_SIMILAR).parameters(parameters).returns("Similar") })
}

fn similar(sample: &Sample) -> Value {
    let about = "Works like a detail of an image";
    let get = Operation::new("similarToDetail", about, OF_SIMILAR)
        .parameters(sample.parameters(&of_similar(true)))
        .returns("Similar");
    let about =
        "Works like a picture that is sent: a TIFF, JPEG, JPEG 2000, PNG, WebP or GIF; it is not kept";
    let post = Operation::new("similarToPicture", about, OF_PICTURE)
        .parameters(sample.parameters(&of_similar(false)))
        .picture("image/*")
        .returns("Similar");
    json!({ "get": get, "post": post })
}

fn tags(work: &Value) -> Value {
    let about = "A work's tags, including rejected ones";
    let get = Operation::new("tags", about, OF_WORK).parameters([work.clone()]).returns("Tags");
    let about = "Add a tag";
    let location = json!({ "Location": { "description": "The tag's URL.", "schema": { "type": "string" } } });
    let mut added = json_of(about, "Tag");
    added["headers"] = location;
    let post = Operation::new("addTag", about, OF_CHANGE)
        .parameters([work.clone(), if_match()])
        .body("NewTag")
        .response(200, json_of("The work already has this tag, with its status as decided", "Tag"))
        .response(201, added)
        .with_token();
    json!({ "get": get, "post": post })
}

fn one_tag(tag: &[Value; 2]) -> Value {
    let get = Operation::new("tag", "One tag", OF_WORK).parameters(tag.clone()).returns("Tag");
    let about = "Change the status or the region of a tag";
    let patch = Operation::new("judgeTag", about, OF_CHANGE)
        .parameters(tag.clone())
        .parameters([if_match()])
        .body("Judgement")
        .returns("Tag")
        .with_token();
    json!({ "get": get, "patch": patch })
}

fn history(tag: &[Value; 2]) -> Value {
    let get = Operation::new("tagHistory", "The history of a tag", OF_WORK);
    json!({ "get": get.parameters(tag.clone()).returns("History") })
}

/// A segment of a path.
fn in_path(name: &str, example: &str) -> Value {
    let schema = json!({ "type": "string", "minLength": 1 });
    json!({ "name": name, "in": "path", "required": true, "schema": schema, "example": example })
}

fn if_match() -> Value {
    if_match_of(
        "only if the work has not changed: the ETag of the work's tags or of one tag, of the response that withdrew it (or its `revision` in quotes)",
    )
}

fn if_match_of(about: &str) -> Value {
    let about = format!("Write {about}, a list of these, or `*` for any (RFC 9110, §13.1.1).");
    json!({
        "name": "If-Match", "in": "header", "required": false,
        "description": about,
        "schema": { "type": "string", "pattern": IF_MATCH },
    })
}
