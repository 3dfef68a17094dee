"""What kind of files a change touched."""

import pytest

from shared.domain.diagnosis.changed_files import kinds


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/config/app.yaml", "configuration"),
        ("/src/main/resources/application.properties", "configuration"),
        ("/appsettings.Production.json", "configuration"),
        ("/.env.production", "configuration"),
        ("/db/migrations/0042_add_index.py", "migration"),
        ("/src/main/resources/db/migration/V42__add_index.sql", "migration"),
        ("/alembic/versions/ab12.py", "migration"),
        ("/infra/main.tf", "infrastructure"),
        ("/Dockerfile", "infrastructure"),
        ("/azure-pipelines.yml", "infrastructure"),
        ("/helm/values.yaml", "infrastructure"),
        ("/src/app.py", ""),
        ("/package-lock.json", ""),
        ("/pom.xml", ""),
        ("/tests/config/app.yaml", ""),
        ("/docs/index.md", ""),
        ("/catalog-info.yaml", ""),
    ],
)
def test_a_file_is_told_by_its_path(path: str, kind: str) -> None:
    found = kinds([path])

    assert {name for name, told in found.items() if told is True} == ({kind} if kind else set())


def test_files_are_counted_whatever_they_are() -> None:
    assert kinds(["/a.py", "/b.sql", "/c.tf"]) == {
        "files": 3,
        "configuration": False,
        "migration": True,
        "infrastructure": True,
    }
