"""`make backstage`: write backstage/templates and backstage/catalog-info.yaml from the golden paths.

`--check` writes nothing and fails where what is there is not what would be written.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

from shared.golden_paths.catalogue import GoldenPath, all_paths
from tools.backstage_template import location, template

FOLDER = Path(__file__).parents[1] / "backstage"
_HEAD = "# Written by `make backstage` from golden_paths/{source}; change that, not this.\n"


def files(paths: tuple[GoldenPath, ...]) -> dict[str, str]:
    """Every generated file by its path below backstage/."""
    made = {"catalog-info.yaml": _HEAD.format(source="") + _yaml(location(paths))}
    for path in paths:
        head = _HEAD.format(source=f"{path.name}/path.yaml")
        made[f"templates/{path.name}/template.yaml"] = head + _yaml(template(path))
    return made


def stale(folder: Path, wanted: dict[str, str]) -> list[str]:
    """Files that are missing, different, or of a path that is no more."""
    different = [name for name, text in wanted.items() if _read(folder / name) != text]
    return sorted({*different, *(name for name in _present(folder) if name not in wanted)})


def write(folder: Path, wanted: dict[str, str]) -> list[str]:
    """Make the folder hold what is wanted. Answers what changed."""
    changed = stale(folder, wanted)
    for name in changed:
        file = folder / name
        if name in wanted:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(wanted[name], encoding="utf-8", newline="\n")
        else:
            file.unlink()
            file.parent.rmdir()
    return changed


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="fail where files are stale, write nothing")
    wanted = files(all_paths())
    if not parser.parse_args().check:
        for name in write(FOLDER, wanted):
            print(f"backstage: {name}")
    elif found := stale(FOLDER, wanted):
        sys.exit(f"backstage: stale, run `make backstage`: {', '.join(found)}")


def _present(folder: Path) -> Iterator[str]:
    return (file.relative_to(folder).as_posix() for file in folder.glob("templates/*/template.yaml"))


def _read(file: Path) -> str | None:
    return file.read_text(encoding="utf-8") if file.exists() else None


class _Plain(yaml.SafeDumper):
    """Without aliases, and with texts of several lines as blocks: as a person would write it."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Plain.add_representer(str, _text)


def _yaml(document: dict[str, object]) -> str:
    return yaml.dump(document, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=110)


if __name__ == "__main__":
    main()
