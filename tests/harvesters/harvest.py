"""Harvests a repository with Sickle and with pyoai, and prints what each of them got, as JSON.

    harvest.py BASE_URL
"""

import json
import sys
from urllib.request import urlopen

from lxml import etree
from oaipmh.client import Client
from oaipmh.metadata import MetadataRegistry, oai_dc_reader
from sickle import Sickle
from sickle.oaiexceptions import CannotDisseminateFormat, IdDoesNotExist, NoRecordsMatch

TEGL = "{urn:x-tegl:record}"


def with_sickle(url):
    sickle = Sickle(url)
    identify = sickle.Identify()
    found = {"protocolVersion": identify.protocolVersion, "deletedRecord": identify.deletedRecord, "formats": {}}
    schema = etree.XMLSchema(etree.fromstring(urlopen(url + "/tegl.xsd").read()))
    for name in [form.metadataPrefix for form in sickle.ListMetadataFormats()]:
        records = list(sickle.ListRecords(metadataPrefix=name))
        present = [record for record in records if not record.header.deleted]
        found["formats"][name] = [len(present), len(records) - len(present)]
        for record in present if name == "tegl" else []:
            schema.assertValid(record.xml.find(f".//{TEGL}work"))
    found["identifiers"] = sorted(header.identifier for header in sickle.ListIdentifiers(metadataPrefix="oai_dc"))
    sets = [one.setSpec for one in sickle.ListSets()]
    found["sets"] = len(sets)
    members = {}
    for one in sets:
        try:
            headers = sickle.ListIdentifiers(metadataPrefix="oai_dc", set=one, ignore_deleted=True)
            members[one] = sum(1 for _ in headers)
        except NoRecordsMatch:
            members[one] = 0
    found["emptySets"] = sorted(name for name, count in members.items() if count == 0)
    for code, call in [
        (CannotDisseminateFormat, lambda: list(sickle.ListRecords(metadataPrefix="mods"))),
        (IdDoesNotExist, lambda: sickle.GetRecord(metadataPrefix="oai_dc", identifier="oai:nobody:1")),
        (NoRecordsMatch, lambda: list(sickle.ListRecords(metadataPrefix="oai_dc", until="1980-01-01"))),
    ]:
        try:
            call()
            raise SystemExit(f"{code.__name__} was expected")
        except code:
            pass
    return found


def with_pyoai(url):
    registry = MetadataRegistry()
    registry.registerReader("oai_dc", oai_dc_reader)
    client = Client(url, registry)
    client.updateGranularity()
    records = list(client.listRecords(metadataPrefix="oai_dc"))
    titles = [metadata["title"][0] for header, metadata, _ in records if not header.isDeleted()]
    return {"titles": sorted(titles), "deleted": sum(header.isDeleted() for header, _, _ in records)}


base = sys.argv[1]
print(json.dumps({"sickle": with_sickle(base), "pyoai": with_pyoai(base)}))
