"""The sign-in page: says that it is the sandbox's, and lets one choose who one is. No script, Portuguese or English."""

import re
from collections.abc import Mapping
from html import escape

from sandbox.vendors.entra.people import PEOPLE, Person

_TEXTS = {
    "en": {
        "lang": "en",
        "title": "Sandbox sign-in",
        "notice": "This is the sandbox's own sign-in, not Microsoft's. There are no passwords: choose who you are.",
        "for": "to go on to",
        "wrong": "Sign-in is not possible",
    },
    "pt": {
        "lang": "pt-BR",
        "title": "Entrada do ambiente de testes",
        "notice": "Esta é a entrada do ambiente de testes, não a da Microsoft. Não há senhas: escolha quem você é.",
        "for": "para continuar em",
        "wrong": "Não é possível entrar",
    },
}
_ROLES = {
    "en": {
        "Platform.Approver": "approves",
        "Platform.Requester": "requests",
        "Platform.Admin": "administers",
        "Platform.Reader": "reads",
    },
    "pt": {
        "Platform.Approver": "aprova",
        "Platform.Requester": "solicita",
        "Platform.Admin": "administra",
        "Platform.Reader": "lê",
    },
}
_STYLE = """
:root{color-scheme:light dark}
*{box-sizing:border-box}
body{margin:0;font:1rem/1.5 system-ui,sans-serif;background:Canvas;color:CanvasText}
main{max-width:26rem;margin:0 auto;padding:1.5rem 1rem}
h1{font-size:1.4rem;margin:0 0 .5rem}
.notice{border-left:.3rem solid #b45309;padding:.25rem .75rem;margin:0 0 1rem}
.client{overflow-wrap:anywhere}
button{display:block;width:100%;min-height:3.5rem;margin:0 0 .75rem;padding:.6rem 1rem;text-align:left;font:inherit;
color:inherit;background:transparent;border:1px solid GrayText;border-radius:.5rem;cursor:pointer}
button:hover,button:focus-visible{border-color:#2563eb;outline:2px solid #2563eb}
button span{display:block;font-size:.9rem;opacity:.8}
"""
_WEIGHT = re.compile(r"q=([01](?:\.\d{0,3})?)")


def language(accept: str) -> str:
    """pt or en, by an Accept-Language header."""
    best, best_weight = "en", 0.0
    for part in accept.split(","):
        tag, _, parameters = part.strip().partition(";")
        found = _WEIGHT.search(parameters)
        weight = float(found[1]) if found else 1.0
        name = tag.strip().lower()[:2]
        if name in _TEXTS and weight > best_weight:
            best, best_weight = name, weight
    return best


def choose(spoken: str, action: str, parameters: Mapping[str, str]) -> str:
    """The page. action: where the choice goes, with the request's own parameters."""
    texts = _TEXTS[spoken]
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in parameters.items()
    )
    buttons = "".join(_button(spoken, person) for person in PEOPLE)
    going = f"<p class=client>{texts['for']} <strong>{escape(parameters['client_id'])}</strong></p>"
    form = f'<form method="post" action="{escape(action)}">{hidden}{buttons}</form>'
    return _document(texts, texts["title"], f"<p class=notice>{texts['notice']}</p>{going}{form}")


def refused(spoken: str, message: str) -> str:
    """The page where there is nothing to choose, and nowhere to send anybody back to."""
    texts = _TEXTS[spoken]
    return _document(texts, texts["wrong"], f"<p class=notice>{escape(message)}</p>")


def _button(spoken: str, person: Person) -> str:
    may = ", ".join(_ROLES[spoken][role] for role in person.roles)
    return f'<button name="person" value="{person.key}">{escape(person.name)}<span>{may}</span></button>'


def _document(texts: Mapping[str, str], title: str, content: str) -> str:
    return (
        f'<!doctype html><html lang="{texts["lang"]}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body><main><h1>{title}</h1>{content}</main></body></html>"
    )
