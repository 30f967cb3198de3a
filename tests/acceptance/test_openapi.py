"""The studio does what its OpenAPI document says, whatever it is sent."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.conformance import schemathesis, studio


@pytest.mark.slow
def test_schemathesis_finds_nothing(tmp_path: Path) -> None:
    """In all phases of schemathesis there is no server error, and no answer but documented ones."""
    with studio(tmp_path, strict=True) as origin:
        report = schemathesis(origin, tmp_path, examples=1, seed=1)
    assert report.good, report.told
    assert report.cases >= 100


def test_the_document_is_served_at_both_places(tmp_path: Path) -> None:
    """It stands at the origin and below `/v1`, for the token's holder alone where there is one."""
    with studio(tmp_path, strict=True, token="secret") as origin:
        head = {"Authorization": "Bearer secret"}
        found = [
            httpx.get(f"{origin}{path}", headers=head).json()
            for path in ("/openapi.json", "/v1/openapi.json")
        ]
        assert found[0] == found[1]
        assert found[0]["openapi"] == "3.1.0"
        assert httpx.get(f"{origin}/openapi.json").status_code == 401
