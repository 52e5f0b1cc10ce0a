"""Validates the responses of a repository: with the schemas of the protocol and of oai_dc, which packages of PyPI have, and
EDM records with edmlib, the model of an aggregator for Europeana. Prints the number of responses, and of records in these
formats in them, as JSON.

    validate.py BASE_URL
"""

import json
import os
import sys
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from edmlib import EDM_Parser
from lxml import etree
from rdflib import URIRef

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}RDF"
DC = "{http://purl.org/dc/elements/1.1/}"
OAI_DC = "{http://www.openarchives.org/OAI/2.0/oai_dc/}dc"
LIDO = "{http://www.lido-schema.org}"
# The elements that LIDO 1.1 has within others, in its order, as far as Tegl writes them.
LIDO_APPELLATION = "appellationValue sourceAppellation"
LIDO_CONCEPT = "conceptID term"
LIDO_RIGHTS = "rightsType rightsDate rightsHolder creditLine"
LIDO_BODY = "legalBodyID legalBodyName legalBodyWeblink"
LIDO_ELEMENTS = {
    "lido": "lidoRecID objectPublishedID category descriptiveMetadata administrativeMetadata",
    "descriptiveMetadata": "objectClassificationWrap objectIdentificationWrap eventWrap objectRelationWrap",
    "objectClassificationWrap": "objectWorkTypeWrap classificationWrap",
    "objectWorkTypeWrap": "objectWorkType",
    "classificationWrap": "classification",
    "objectIdentificationWrap": """titleWrap inscriptionsWrap repositoryWrap displayStateEditionWrap objectDescriptionWrap
        objectMeasurementsWrap""",
    "titleWrap": "titleSet",
    "inscriptionsWrap": "inscriptions",
    "inscriptions": "inscriptionTranscription inscriptionDescription",
    "repositoryWrap": "repositorySet",
    "repositorySet": "repositoryName workID repositoryLocation",
    "repositoryLocation": "placeID namePlaceSet",
    "objectDescriptionWrap": "objectDescriptionSet",
    "objectDescriptionSet": "descriptiveNoteID descriptiveNoteValue sourceDescriptiveNote",
    "objectMeasurementsWrap": "objectMeasurementsSet",
    "objectMeasurementsSet": "displayObjectMeasurements objectMeasurements",
    "objectMeasurements": "measurementsSet extentMeasurements",
    "measurementsSet": "measurementType measurementUnit measurementValue",
    "eventWrap": "eventSet",
    "eventSet": "displayEvent event",
    "event": "eventID eventType roleInEvent eventName eventActor culture eventDate periodName eventPlace eventMethod eventMaterialsTech",
    "eventActor": "displayActorInRole actorInRole",
    "actorInRole": "actor roleActor attributionQualifierActor extentActor",
    "actor": "actorID nameActorSet nationalityActor vitalDatesActor genderActor",
    "eventDate": "displayDate date",
    **dict.fromkeys(["date", "vitalDatesActor"], "earliestDate latestDate"),
    "eventMaterialsTech": "displayMaterialsTech materialsTech",
    "materialsTech": "termMaterialsTech extentMaterialsTech sourceMaterialsTech",
    "objectRelationWrap": "subjectWrap relatedWorksWrap",
    "subjectWrap": "subjectSet",
    "subjectSet": "displaySubject subject",
    "subject": "extentSubject subjectConcept",
    "relatedWorksWrap": "relatedWorkSet",
    "relatedWorkSet": "relatedWork relatedWorkRelType",
    "relatedWork": "displayObject object",
    "object": "objectWebResource objectID objectNote",
    "administrativeMetadata": "rightsWorkWrap recordWrap resourceWrap",
    "rightsWorkWrap": "rightsWorkSet",
    "recordWrap": "recordID recordType recordSource recordRights recordInfoSet",
    "recordInfoSet": "recordInfoID recordInfoLink recordMetadataDate",
    "resourceWrap": "resourceSet",
    "resourceSet": "resourceID resourceRepresentation resourceType resourceDescription resourceSource rightsResource",
    "resourceRepresentation": "linkResource resourceMeasurementsSet",
    **dict.fromkeys(["repositoryName", "recordSource"], LIDO_BODY),
    **dict.fromkeys(["rightsWorkSet", "recordRights", "rightsResource"], LIDO_RIGHTS),
    **dict.fromkeys(["titleSet", "nameActorSet", "legalBodyName", "namePlaceSet"], LIDO_APPELLATION),
    **dict.fromkeys(["category", "objectWorkType", "classification", "eventType", "roleActor", "nationalityActor"], LIDO_CONCEPT),
    **dict.fromkeys(["termMaterialsTech", "subjectConcept", "relatedWorkRelType", "rightsType", "recordType"], LIDO_CONCEPT),
    **dict.fromkeys(["measurementType", "measurementUnit", "extentMeasurements", "resourceType", "genderActor"], LIDO_CONCEPT),
}
SHOWN_BY = URIRef("http://www.europeana.eu/schemas/edm/isShownBy")

# Requests, right and wrong, whose responses must be valid.
REQUESTS = [
    {},
    {"verb": "nothing <&>"},
    {"verb": "Identify"},
    {"verb": "Identify", "x": "y"},
    {"verb": "ListMetadataFormats"},
    {"verb": "ListSets"},
    {"verb": "ListSets", "resumptionToken": "\u00e6 <\u0001>"},
    *({"verb": "ListRecords", "metadataPrefix": name} for name in ["oai_dc", "edm", "lido", "tegl", "mods", "m s", ""]),
    {"verb": "ListIdentifiers", "metadataPrefix": "oai_dc", "set": "type:painting"},
    {"verb": "ListIdentifiers", "metadataPrefix": "oai_dc", "set": "no set"},
    {"verb": "ListIdentifiers", "metadataPrefix": "oai_dc", "set": "a::b"},
    {"verb": "ListIdentifiers", "metadataPrefix": "mods", "set": "\u00e6"},
    {"verb": "ListIdentifiers", "metadataPrefix": "mods", "from": "yesterday"},
    {"verb": "ListIdentifiers", "metadataPrefix": "oai_dc", "from": "2999-01-01"},
    {"verb": "ListIdentifiers", "resumptionToken": "\U0001f600"},
    *({"verb": "GetRecord", "metadataPrefix": "edm", "identifier": one}
      for one in ["oai:127.0.0.1:KMS2", "oai:127.0.0.1:KMS1", "a b", "\u00e6", "a%zz", "[", "http://[", "::", ""]),
]


def validated(url):
    schema, oai_dc = read_schema("OAI-PMH.xsd"), read_schema("oai_dc.xsd")
    local = Request(f"{url}?verb=Identify", headers={"Host": "localhost"})
    schema.assertValid(etree.fromstring(urlopen(local).read()))
    records = {"edm": 0, "oai_dc": 0}
    for request in REQUESTS:
        response = etree.fromstring(urlopen(f"{url}?{urlencode(request)}").read())
        if not schema.validate(response):
            raise SystemExit(f"{request}: {schema.error_log.last_error}")
        for record in response.iter(OAI_DC):
            records["oai_dc"] += 1
            oai_dc.assertValid(record)
            # The schema is one that refuses others.
            record.append(etree.Element(DC + "nothing"))
            assert not oai_dc.validate(record), "oai_dc is not validated"
        for element in response.iter(LIDO + "*"):
            validate_lido(element)
        for record in response.iter(RDF):
            validate_edm(record)
            records["edm"] += 1
    return {"responses": len(REQUESTS), **records}


def read_schema(name):
    with open(os.path.join(sys.prefix, name), encoding="utf-8") as file:
        # The records are validated by themselves.
        text = file.read().replace('processContents="strict"', 'processContents="lax"')
    return etree.XMLSchema(etree.fromstring(text.encode(), base_url=f"file://{sys.prefix}/{name}"))


def validate_lido(element):
    known = [LIDO + name for name in LIDO_ELEMENTS.get(etree.QName(element).localname, "").split()]
    order = [known.index(child.tag) if child.tag in known else -1 for child in element]
    assert -1 not in order and order == sorted(order), etree.tostring(element)
    # All attributes of LIDO are in its namespace.
    assert all(attribute.startswith("{") for attribute in element.attrib), etree.tostring(element)


def validate_edm(record):
    parser = EDM_Parser.from_string(etree.tostring(record, encoding="unicode"))
    aggregation = parser.get_aggregation()
    if (aggregation, SHOWN_BY, None) not in parser.graph:
        # This aggregator takes no works without pictures; Europeana does, if their pages are known (edm:isShownAt).
        parser.graph.add((aggregation, SHOWN_BY, URIRef("https://museum.example/a.jpg")))
    # Properties that the model does not have would be lost.
    written = parser.parse().get_rdf_graph()
    lost = {str(predicate) for _, predicate, _ in parser.graph} - {str(predicate) for _, predicate, _ in written}
    assert not lost, lost


print(json.dumps(validated(sys.argv[1])))
