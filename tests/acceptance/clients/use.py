#!/usr/bin/env python3
"""Uses the Python client that openapi-python-client made of the API's description.   use.py BASE TOKEN

The package `tegl_api` has to be on the path."""
import sys

from tegl_api import AuthenticatedClient, Client
from tegl_api.api.default import add_tag, find_works, judge_tag, schemes, suggest, tag, tags, work
from tegl_api.models import (
    FindWorksFacetItem, Judgement, JudgementStatus, NewTag, NewTagLabelType1, Problem, Status, Tag, Works,
)

base, token = sys.argv[1:3]
reader = Client(base_url=base)
TYPE, CREATOR = FindWorksFacetItem("type"), FindWorksFacetItem("creator")
writer = AuthenticatedClient(base_url=base, token=token)


def check(holds, what):
    if not holds:
        sys.exit(f"python client: {what}")


# A search, page by page, with what is counted beside it.
page = find_works.sync(client=reader, limit=5, facet=[TYPE, CREATOR], has_image=True)
check(isinstance(page, Works) and page.total >= 5 and len(page.works) == 5, f"a page: {page}")
check(len(page.facets.additional_properties["type"]) > 0, f"facets: {page.facets}")
after = find_works.sync(client=reader, limit=5, facet=[CREATOR, TYPE], has_image=True, cursor=page.cursor)
numbers = {one.object_number for one in page.works}
check(isinstance(after, Works) and not numbers & {one.object_number for one in after.works}, f"the next page: {after}")

# One work, also by its number in another case.
number = page.works[0].object_number
one = work.sync(number, client=reader)
check(one.object_number == number and one.images[0].width > 0, f"a work: {one}")
check(work.sync(number.lower(), client=reader).object_number == number, "a number in lower case")
check(schemes.sync(client=reader).works > 0, "schemes")
check(suggest.sync(client=reader, q=number[:4]).suggestions is not None, "suggestions")

# A tag is added, judged, moved and read again.
label = NewTagLabelType1.from_dict({"en": "acceptance", "da": "afprøvning"})
new = NewTag(scheme="motif", label=label, source="model:acceptance@1", confidence=0.5, region="0,0,10,10")
added = add_tag.sync(number, client=writer, body=new)
check(isinstance(added, Tag) and added.status == Status.ACCEPTED, f"a new tag: {added}")
read = tags.sync_detailed(number, client=reader)
revision = read.headers["etag"]
judged = judge_tag.sync(
    number, added.id, client=writer, if_match=f'"0", {revision}',
    body=Judgement(status=JudgementStatus.PROPOSED, region="5,5,10,10", note="not sure"),
)
check(isinstance(judged, Tag) and judged.status == Status.PROPOSED, f"a judged tag: {judged}")
again = tag.sync(number, added.id, client=reader)
check((again.id, again.region, again.status) == (added.id, "5,5,10,10", Status.PROPOSED), f"the tag again: {again}")

# Errors are problems that name what was wrong.
for answer, status, parameter in [
    (find_works.sync_detailed(client=reader, fields="nope"), 400, "fields"),
    (find_works.sync_detailed(client=reader, any_=["nope:x"]), 400, "any"),
    (work.sync_detailed("no such work", client=reader), 404, None),
    (add_tag.sync_detailed(number, client=writer, body=NewTag(scheme="creator", label="x")), 400, "scheme"),
    (add_tag.sync_detailed(number, client=writer, body=NewTag(scheme="motif", label="x", image="?")), 422, "image"),
    (judge_tag.sync_detailed(number, added.id, client=writer, if_match=revision, body=Judgement(region=None)), 412, None),
]:
    problem = answer.parsed
    check(answer.status_code == status and isinstance(problem, Problem), f"{status} is {answer}")
    check(problem.status == status and (problem.parameter or None) == parameter, f"{parameter} is {problem}")
print("python client: all as described")
