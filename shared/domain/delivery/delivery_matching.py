"""Whose a report is, and to which environment it went: by what is registered, never by a guess. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from shared.domain.action.actions import environment_of as acted_on
from shared.domain.delivery.deliveries import PRODUCTION
from shared.domain.delivery.delivery_reports import AZURE_DEVOPS, GITHUB, Place

type Service = Mapping[str, Any]

UNREGISTERED, AMBIGUOUS, NO_ENVIRONMENT = "unregistered", "ambiguous", "no_environment"
OTHER_ORGANISATION, NO_PLACE, NOT_THERE, AWAY = "other_organisation", "no_place", "not_there", "vendor_away"
_PRODUCTION = frozenset({"production", "prod", "prd", "produção", "producao"})
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_DEPLOYS = re.compile(r"deploy|release|rollout|apply|terraform|prod", re.IGNORECASE)


class Match(NamedTuple):
    """service: None where nobody can tell, for the reason."""

    service: Service | None
    reason: str


def match(
    source: str, place: Place, services: Sequence[Service], organisation: str, pipelines: Iterable[int] = ()
) -> Match:
    """The one service that is registered for this place.

    organisation: ours in Azure DevOps. pipelines: those made from the place's repository, where they were asked for.
    """
    told = place["organisation"].lower()
    if source == AZURE_DEVOPS and told and organisation and told != organisation:
        return Match(None, OTHER_ORGANISATION)
    if place["service"]:
        return _only([one for one in services if one["name"] == place["service"]])
    if source == AZURE_DEVOPS:
        here = [one for one in services if _same_project(one, place["project"])]
        if place["pipeline_id"]:
            return _only([one for one in here if _number(one, "pipeline_id") == place["pipeline_id"]])
        if place["repository_id"]:
            return _only(_of_repository(here, place["repository_id"], set(pipelines)))
    if source == GITHUB and place["repository"]:
        return _only([one for one in services if place["repository"].lower() in repositories(one)])
    return Match(None, NO_PLACE)


def repositories(service: Service) -> set[str]:
    """The GitHub repositories the service is delivered from, "owner/name" in lower case."""
    return {str(one).lower() for one in _delivery(service).get("repositories", [])}


def deploying_workflows(service: Service) -> set[str]:
    """The GitHub workflows that deploy it, by their files."""
    return {str(one) for one in _delivery(service).get("workflows", [])}


def registered_environment(service: Service) -> str:
    """Where it is deployed when its tool does not tell, "" where its owner did not say either."""
    return str(_delivery(service).get("environment") or "") or acted_on(service) or ""


def environment_name(told: str) -> str:
    """The environment in our words: its tool's word in lower case; production by its usual names."""
    name = " ".join(told.split()).lower()
    return PRODUCTION if name in _PRODUCTION else name


def reached_deployment(stages: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a run that did not end well came as far as deploying.

    stages: Stage records of its timeline. Where no stage is named for a deployment, the whole run is one.
    """
    deploying = [
        one for one in stages if _DEPLOYS.search(str(one.get("identifier") or one.get("name") or ""))
    ]
    if not deploying:
        return True
    return any(str(one.get("result") or "") not in {"skipped", ""} for one in deploying)


def _of_repository(here: Sequence[Service], repository_id: str, pipelines: set[int]) -> list[Service]:
    named = [
        one
        for one in here
        if str((one.get("azure_devops") or {}).get("repository_id") or "").lower() == repository_id.lower()
    ]
    return named or [
        one for one in here if int((one.get("azure_devops") or {}).get("pipeline_id") or 0) in pipelines
    ]


def _same_project(service: Service, project: str) -> bool:
    """Hooks may tell a project's id, the registry its name: then what is looked up must fit."""
    own = str((service.get("azure_devops") or {}).get("project") or "")
    return not project or bool(_ID.fullmatch(project)) or own.casefold() == project.casefold()


def _number(service: Service, name: str) -> str:
    return str((service.get("azure_devops") or {}).get(name) or "")


def _delivery(service: Service) -> Mapping[str, Any]:
    return service.get("delivery") or {}


def _only(found: Sequence[Service]) -> Match:
    if len(found) > 1:
        return Match(None, AMBIGUOUS)
    return Match(found[0], "") if found else Match(None, UNREGISTERED)
