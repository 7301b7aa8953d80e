"""Where fields came from: the same over REST and GraphQL, in a list only where it is asked for."""

import json
from pathlib import Path
from typing import Any

from service.app import create_app
from service.ingest.run import load_files
from service.settings import Settings
from tests.conftest import run_app
from tests.contract.test_parity import ask_graphql, ask_rest

_IDS = {"arxiv": "2101.00001"}
_RECORDS: dict[str, list[dict[str, Any]]] = {
    "arxiv": [
        {"title": "Deep Words", "authors": ["Ann Lee"], "external_ids": _IDS, "categories": ["cs.CL"]},
        {"title": "Alone", "pdf_url": "https://example.org/alone.pdf"},
    ],
    "acl": [{"title": "Deep words", "authors": ["A. Lee"], "external_ids": {**_IDS, "doi": "10.1/a"}, "venue": "ACL"}],
    "page": [{"title": "Deep Words", "external_ids": _IDS}],
}
_DOCUMENT = "query($id: ID!) { paper(id: $id) { id provenance { field sources others { source values } } } }"
_LIST = "{ papers { nodes { id provenance { field sources others { source values } } } } }"


def as_rest(node: dict[str, Any]) -> dict[str, Any]:
    """A paper of GraphQL in REST's shape; no field twice."""
    fields = {one["field"]: {"sources": one["sources"], "others": one["others"]} for one in node["provenance"]}
    assert len(fields) == len(node["provenance"])
    return {"id": node["id"], "provenance": fields}


async def test_rest_and_graphql_tell_the_same(dsn: str, settings: Settings, tmp_path: Path) -> None:
    for source, records in _RECORDS.items():
        file = tmp_path / f"{source}.jsonl"
        file.write_text("".join(json.dumps(record) + "\n" for record in records))
        assert (await load_files(dsn, settings, [str(file)], source=source)).complete
    async with run_app(create_app(settings, dsn)) as client:
        asked = (await ask_rest(client, {"fields": "id,provenance"})).json()["items"]
        told = (await ask_graphql(client, _LIST, {}))["data"]["papers"]["nodes"]
        assert [as_rest(node) for node in told] == asked
        assert len(asked) == 2
        # One paper has it unless it is told otherwise, an item of a list does not.
        whole = (await client.get("/v1/papers/arxiv:2101.00001")).json()
        assert {"id": whole["id"], "provenance": whole["provenance"]} in asked
        one = await ask_graphql(client, _DOCUMENT, {"id": whole["id"]})
        assert as_rest(one["data"]["paper"])["provenance"] == whole["provenance"]
        assert all("provenance" not in item for item in (await ask_rest(client, {})).json()["items"])
        assert "provenance" not in (await client.get(f"/v1/papers/{whole['id']}?fields=title")).json()
    assert whole["provenance"] == {
        "title": {
            "sources": ["acl"],
            "others": [{"source": "arxiv", "values": ["Deep Words"]}, {"source": "page", "values": ["Deep Words"]}],
        },
        "authors": {"sources": ["acl"], "others": [{"source": "arxiv", "values": ["Ann Lee"]}]},
        "venue": {"sources": ["acl"], "others": []},
        "categories": {"sources": ["arxiv"], "others": []},
        "external_ids.arxiv": {"sources": ["acl", "arxiv", "page"], "others": []},
        "external_ids.doi": {"sources": ["acl"], "others": []},
    }
