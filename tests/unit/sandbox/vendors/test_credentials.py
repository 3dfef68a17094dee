import json
from pathlib import Path

from sandbox.vendors.credentials import load


def test_credentials_are_made_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"

    made = load(path)

    assert load(path) == made
    assert path.stat().st_mode & 0o077 == 0
    assert set(made) == {
        "dynatrace",
        "servicenow",
        "azure_devops",
        "github",
        "teams",
        "openai",
        "entra",
        "app_configuration",
    }
    assert made["entra"]["client_id"] == "valueflow"


def test_credentials_differ_between_two_files(tmp_path: Path) -> None:
    first, second = load(tmp_path / "1.json"), load(tmp_path / "2.json")

    assert first["teams"]["path_secret"] != second["teams"]["path_secret"]


def test_what_an_older_file_lacks_is_added_and_the_rest_stays(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    path.write_text(json.dumps({"teams": {"path_secret": "mine"}}))

    complete = load(path)

    assert complete["teams"] == {"path_secret": "mine"}
    assert complete["openai"]["api_key"]
    assert json.loads(path.read_text()) == complete
