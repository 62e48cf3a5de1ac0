"""The published JSON Schema and what the command really prints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from api.shapes.impact import impact_json
from engine.impact import Compared
from engine.model import Gap
from makers.changes import FOUR, LARGER, compared, estate, organization, under
from makers.doors import KEY

SCHEMA: dict[str, Any] = json.loads((Path(__file__).parents[2] / "docs" / "reference" / "plan.schema.json").read_text())


def strict(schema: Any) -> Any:
    """The schema as a test reads it: what is printed and not described is a fault here, and allowed to other programs."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {"additionalProperties": False} if schema.get("type") == "object" else {}
    return {name: strict(value) for name, value in schema.items()} | closed


def shapes() -> dict[str, Compared]:
    ends = """
apiVersion: sexton/v1
kind: Exemption
metadata: {name: atlas, owner: platform}
spec: {of: [ebs-unattached], resource: aws.ebs_volume, when: [size_gb > 400], until: 2026-11-20, reason: OPS-1}
"""
    gaps = estate(*FOUR.resources, gaps=(Gap("aws.ebs_volume", KEY.account, "*", "denied"),))
    needing = under(gaps, ebs=None, organization=organization(review="{resources: 1, dollars: 1}"))
    return {
        "no base": compared(None, under()),
        "narrower": compared(under(), under(ebs=LARGER)),
        "policy removed": compared(under(), under(ebs=None)),
        "further": compared(under(organization=organization(mode="observe")), under()),
        "everything": compared(needing, under(gaps, atlas=ends), gaps),
    }


@pytest.mark.parametrize("name", shapes())
def test_what_is_printed_is_what_is_published(name: str) -> None:
    shape = json.loads(json.dumps(impact_json(shapes()[name])))
    jsonschema.validate(shape, strict(SCHEMA))
    jsonschema.validate(impact_json(shapes()[name], news_only=True), SCHEMA)


def test_the_everything_case_has_every_list_filled() -> None:
    shape = impact_json(shapes()["everything"])
    lists = {name for name, value in shape.items() if isinstance(value, list)}
    assert lists == {"documents", "policies", "teams", "resources", "limits", "exemptions_ending", "needs"}
    assert all(shape[name] for name in lists)
    assert shape["inventory"]["gaps"]


def test_the_schema_is_one_and_refuses_what_is_none() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    shape = impact_json(shapes()["no base"])
    shape["resources"][0]["change"] = "perhaps"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(shape, SCHEMA)


def test_news_only_leaves_out_what_stays() -> None:
    whole, news = (impact_json(shapes()["narrower"], news_only=only) for only in (False, True))
    assert [row["change"] for row in news["resources"]] == ["removed"]
    assert len(whole["resources"]) == 4
    assert whole["policies"] == news["policies"]
