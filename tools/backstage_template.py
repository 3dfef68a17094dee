"""A golden path as a Template of Backstage's scaffolder: the form, one request, and what its answers mean.

https://backstage.io/docs/features/software-templates/writing-templates
The request goes through Backstage's proxy by http:backstage:request
(@roadiehq/scaffolder-backend-module-http-request), whose own error says nothing: answers are read here instead.
"""

from typing import Any

from shared.domain.service.catalog_component import component_type
from shared.golden_paths.catalogue import GoldenPath
from tools.backstage_form import body, pages

PROXY = "/proxy/valueflow"
TIMEOUT_MS = 30_000
_CODE, _BODY = "steps.request.output.code", "steps.request.output.body"


def template(path: GoldenPath) -> dict[str, Any]:
    """The entity, as template.yaml holds it."""
    return {
        "apiVersion": "scaffolder.backstage.io/v1beta3",
        "kind": "Template",
        "metadata": {
            "name": path.name,
            "title": f"{path.title['en']} · {path.title['pt-BR']}",
            "description": f"{path.description['en']} · {path.description['pt-BR']}",
            "tags": list(path.tags),
            "annotations": {"valueflow.dev/golden-path": f"{path.name}@{path.version}"},
        },
        "spec": {
            "owner": path.owner,
            "type": component_type(path.runtime),
            "lifecycle": "production",
            "parameters": pages(path),
            "steps": [_request(path)],
            "output": {"links": _LINKS, "text": _TEXTS},
        },
    }


def location(paths: tuple[GoldenPath, ...]) -> dict[str, Any]:
    """The Location that brings all templates."""
    return {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "Location",
        "metadata": {
            "name": "valueflow-golden-paths",
            "description": "Golden paths of ValueFlow · Caminhos pavimentados do ValueFlow",
        },
        "spec": {"targets": [f"./templates/{path.name}/template.yaml" for path in paths]},
    }


def _request(path: GoldenPath) -> dict[str, Any]:
    """A task that is run again sends the same key, and gets the operation it started the first time."""
    return {
        "id": "request",
        "name": "Ask ValueFlow for the service · Pedir o serviço ao ValueFlow",
        "action": "http:backstage:request",
        "input": {
            "method": "POST",
            "path": f"{PROXY}/golden-paths/{path.name}/services",
            "timeout": TIMEOUT_MS,
            "continueOnBadResponse": True,
            "headers": {
                "Content-Type": "application/json",
                "Accept": "application/json",
                "Idempotency-Key": "backstage-${{ context.task.id }}",
            },
            "body": body(path),
        },
    }


_LINKS = [
    {
        "if": f"${{{{ true if {_BODY}.status_url else false }}}}",
        "title": "Follow the operation · Acompanhar a operação",
        "icon": "dashboard",
        "url": f"${{{{ {_BODY}.status_url }}}}",
    }
]

_TEXTS = [
    {
        "if": f"${{{{ {_CODE} == 202 }}}}",
        "title": "Your service is being made · O seu serviço está sendo criado",
        "content": (
            "Repository, pipeline, environment, monitoring and catalog entry follow within minutes; if a step fails, "
            "everything made so far is removed again. The link above shows each step.\n\n"
            "Repositório, pipeline, ambiente, monitoramento e catálogo ficam prontos em minutos; se um passo falhar, "
            "tudo o que foi criado é removido. O link acima mostra cada passo.\n\n"
            f"Operation · Operação: `${{{{ {_BODY}.operation_id }}}}`\n"
        ),
    },
    {
        "if": f"${{{{ {_CODE} == 400 or {_CODE} == 422 }}}}",
        "title": "Nothing was created: please correct these fields · Nada foi criado: corrija estes campos",
        "content": (
            f"${{{{ {_BODY}.detail }}}}\n\n"
            f"{{% for error in {_BODY}.errors %}}"
            "- **${{ error.field }}** ${{ error.message }}\n"
            "{% endfor %}\n"
        ),
    },
    {
        "if": f"${{{{ {_CODE} == 409 }}}}",
        "title": "Nothing was created: the name is taken · Nada foi criado: o nome já está em uso",
        "content": (
            f"${{{{ {_BODY}.detail }}}}\n\n"
            f"Operation that has it · Operação que o usa: `${{{{ {_BODY}.operation_id }}}}`\n"
        ),
    },
    {
        "if": f"${{{{ {_CODE} == 401 or {_CODE} == 403 }}}}",
        "title": "Nothing was created: not allowed · Nada foi criado: sem permissão",
        "content": (
            "ValueFlow did not accept Backstage's identity. Show this to the team that runs Backstage.\n\n"
            "O ValueFlow não aceitou a identidade do Backstage. Mostre isto ao time que opera o Backstage.\n\n"
            f"${{{{ {_BODY}.detail or {_BODY}.message }}}}\n"
        ),
    },
    {
        "if": f"${{{{ {_CODE} > 403 and {_CODE} != 409 and {_CODE} != 422 }}}}",
        "title": "ValueFlow could not take the request · O ValueFlow não pôde receber o pedido",
        "content": (
            "Run this task again in a few minutes (Retry, not a new task): it asks for the same service, never for a "
            "second one.\n\n"
            "Execute esta tarefa de novo em alguns minutos (Retry, não uma tarefa nova): ela pede o mesmo serviço, "
            "nunca um segundo.\n\n"
            f"Status ${{{{ {_CODE} }}}}: ${{{{ {_BODY}.detail or {_BODY}.message }}}}\n"
        ),
    },
]
