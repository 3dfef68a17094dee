"""Secrets: by their own shape (tokens, private keys, signed addresses) or by the name before them (password=...).

Shapes: https://docs.github.com/code-security/secret-scanning and each vendor's own pages.
"""

import re
from collections.abc import Iterator

from shared.redaction.spans import SECRET, Span
from shared.redaction.view import View

_SHAPES = re.compile(
    r"""
    (?<![\w-])(?:
      eyJ[\w-]{8,8192}\.[\w-]{2,16384}(?:\.[\w-]{0,8192}){1,3}         # JWT, JWE
    | gh[pousr]_[A-Za-z0-9]{20,255} | github_pat_\w{20,255}            # GitHub
    | glpat-[\w-]{16,64} | glrt-[\w-]{16,64}                           # GitLab
    | (?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA)[A-Z0-9]{16}                    # AWS
    | dt0[a-z]\d\d\.[A-Z0-9]{16,32}(?:\.[A-Z0-9]{32,80})?              # Dynatrace
    | xox[abeoprs](?:\.xox[bp])?-[\w-]{10,255} | xapp-\d-[\w-]{10,255}  # Slack
    | sk-[A-Za-z0-9_-]{20,255}                                         # OpenAI and others
    | [sr]k_(?:live|test)_[A-Za-z0-9]{10,255} | whsec_[A-Za-z0-9]{16,255}   # Stripe
    | AIza[\w-]{35} | ya29\.[\w-]{20,255} | GOCSPX-[\w-]{20,64}        # Google
    | npm_[A-Za-z0-9]{30,64} | pypi-AgE[\w-]{40,255}
    | SG\.[\w-]{16,32}\.[\w-]{32,64} | hv[sb]\.[\w-]{20,255} | dapi[0-9a-f]{32}(?:-\d)?
    | [a-z2-7]{52} | [A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}                 # Azure DevOps
    | [A-Za-z0-9_~.-]{3}[78]Q~[A-Za-z0-9_~.-]{31,40}                   # Entra client secret
    )(?![\w-])
    | (?<![A-Za-z0-9+/])[A-Za-z0-9+/]{86}==                            # storage and Cosmos DB keys
    | (?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{30,60}AzFu[A-Za-z0-9+/_-]{4,12}={0,2}   # Functions keys
    """,
    re.VERBOSE,
)
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_PRIVATE_KEY_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")

_WORTH = r"(?:\"[^\"\n]{3,4096}\"|'[^'\n]{3,4096}'|[^\s\"';,&<>(){}\[\]][^\s\"';,&<>]{2,4095})"
_KEYED = re.compile(
    r"(?P<name>pass(?:word|wd|phrase|code)|(?<![a-z.])pass|pwd|senha|secret|token|credential|api[ _-]?key|"
    r"apikey|chave[ _-]de[ _-]api|"
    r"(?:account|access|shared[ _-]?access|primary|secondary|master|subscription|private|encryption|signing|storage|"
    r"function|host|admin|functions)[ _-]?key|sharedaccesssignature|authorization|proxy-authorization|"
    r"(?:jsession|php?sess|session|asp\.net_session)[ _-]?id|x-functions-key|webhook[ _-]?url)"
    r"[\"']?(?:\s?\([^)\n]{1,20}\))?\s{0,3}(?:=>|:=|==|[=:])\s{0,3}"
    rf"(?P<value>{_WORTH})"
)
_SPOKEN = re.compile(
    r"\b(?:senha|password|passwd|pwd|passphrase|pin|secret|token)\b(?: [a-z-]{1,12}){0,4}"
    r"(?:\s?(?:[:=]|e|eh|foi|era|is|was|->)\s{1,2}|\s(?=\S{0,12}\d))(?P<value>[\"']?[^\s\"',;<>]{4,128})"
)
_SCHEMES = re.compile(
    r"\b(?P<scheme>bearer|basic|apikey|api-token|sharedkey|splunk)\s{1,3}(?P<value>[\w.~+/=:-]{8,16384})",
    re.IGNORECASE,
)
_COOKIES = re.compile(r"\b(?:set-)?cookie[\"']?\s?[:=]\s?[\"']?(?P<value>[^\n\"']{4,4096})")
_IN_URL = re.compile(r"://[^\s:/@\"'<>]{0,128}:(?P<value>[^\s\"'<>/]{1,256}|[^\s\"'<>]{1,256})@(?=[\w\[])")
_ORACLE = re.compile(r"jdbc:oracle:\w{1,8}:\w{1,64}/(?P<value>[^\s@]{1,128})@")
_SIGNED = re.compile(
    r"[?&](?P<name>sig|signature|code|access_token|id_token|refresh_token|token|apikey|api[_-]key|key|secret|"
    r"x-amz-signature|x-amz-security-token|subscription-key)=(?P<value>[^\s&\"'<>#]{6,4096})"
)
_HOOKS = re.compile(
    r"(?:hooks\.slack\.com/(?:services|workflows|triggers)/|discord(?:app)?\.com/api/webhooks/|"
    r"webhook\.office\.com/webhookb?2?/|outlook\.office\.com/webhook/)(?P<value>[^\s\"'<>]{8,512})"
)
_ALWAYS = ("pass", "pwd", "senha", "jsession", "authorization", "sharedaccesssignature")
_LEAST_KEY = 16
_NAME_OF_ONE = re.compile(r"[a-z]+(?:[-_./][a-z]+)*|[a-z]*(?:[A-Z][a-z]+)+|[A-Z]+(?:_[A-Z]+)*|\d{1,9}")
_CODE = re.compile(r"\w+(?:\.\w+)+[(\[]|(?:get|read|bool|str|f)\w*\(")
_NOTHING = re.compile(
    r"(?:null|none|nil|undefined|true|false|yes|no|sim|nao|expired|expirad[oa]|invalid[oa]?|missing|required|obrigatori[oa]|"
    r"empty|vazi[oa]|unset|not|incorret[oa]|incorrect|wrong|errad[oa]|revoked|revogad[oa]|rotated|changed|alterad[oa]|"
    r"rejected|denied|negad[oa]|vencid[oa]|ausente|desconhecid[oa]|unknown|ok|failed|falhou|bearer|basic|negotiate|string|"
    r"oculta|hidden|masked|redacted|secret|password|senha|token|x{3,}|\*{2,}.*|\.{3,}|…|<.*|\$.*|%\w+%|#\{.*|\{.*|@microsoft\..*|"
    r"env[:.].*|vault[:.].*|secrets?[:.].*|keyvault[:.].*|process\.env.*|os\.environ.*|(?:self|this|config|settings|cfg)\.\w.*|"
    r"(?:[a-z]\w*\.){2,}\w+)[.!]?"
)


def secrets(seen: View) -> Iterator[Span]:
    """Values nobody should read again; the words that name them stay."""
    for found in _SHAPES.finditer(seen.text):
        yield Span(found.start(), found.end(), SECRET)
    yield from _private_keys(seen.text)
    for pattern in (_IN_URL, _ORACLE, _HOOKS, _COOKIES):
        for found in pattern.finditer(seen.folded):
            if not _NOTHING.fullmatch(found["value"]):
                yield Span(found.start("value"), found.end("value"), SECRET)
    for found in _SCHEMES.finditer(seen.text):
        if _is_credential(found["scheme"].lower(), found["value"]):
            yield Span(found.start("value"), found.end("value"), SECRET)
    for found in _SIGNED.finditer(seen.folded):
        if found["name"] not in {"code", "key"} or len(found["value"]) >= _LEAST_KEY:
            yield Span(found.start("value"), found.end("value"), SECRET)
    yield from _keyed(seen)
    for found in _SPOKEN.finditer(seen.folded):
        value = seen.text[found.start("value") : found.end("value")]
        if len(value) > 5 and re.search(r"\d|[^\w.]", value.strip("\"'.)")):
            yield Span(found.start("value"), found.end("value"), SECRET)


def _private_keys(text: str) -> Iterator[Span]:
    """From BEGIN to END; to the end of the text where a cut has taken the END away."""
    place = 0
    while begin := _PRIVATE_KEY.search(text, place):
        end = _PRIVATE_KEY_END.search(text, begin.end())
        place = end.end() if end else len(text)
        yield Span(begin.start(), place, SECRET)


def _is_credential(scheme: str, value: str) -> bool:
    """Whether this is a credential, not the next word of a sentence about "basic authentication"."""
    from base64 import b64decode

    if scheme != "basic":
        return len(value) >= _LEAST_KEY and bool(re.search(r"\d", value) or len(value) > 2 * _LEAST_KEY)
    try:
        return b":" in b64decode(value + "=" * (-len(value) % 4), validate=True)
    except ValueError:
        return False


def _keyed(seen: View) -> Iterator[Span]:
    for found in _KEYED.finditer(seen.folded):
        start, end = found.span("value")
        if seen.text[start] in "\"'":
            start, end = start + 1, end - 1
        value = seen.text[start:end].rstrip(".)")
        if _is_worth_hiding(found["name"], value, seen.folded[max(0, found.start() - 12) : found.start()]):
            yield Span(start, start + len(value), SECRET)


def _is_worth_hiding(name: str, value: str, before: str) -> bool:
    """Any password; of tokens and keys what could be one: a name such as `db-credentials` is none."""
    if _NOTHING.fullmatch(value.lower().rstrip("}])")) or before.endswith("unexpected ") or len(value) < 3:
        return False
    if name == "pwd" and re.fullmatch(r"/[\w./-]*", value):
        return False
    if name == "pass" and (value.isdigit() or value.isalpha()):
        return False
    if _CODE.match(value):
        return False
    if name.startswith(_ALWAYS):
        return True
    if re.match(r"\w+[(\[]|[`(]", value):
        return False
    least = _LEAST_KEY if name.endswith("key") and not name.startswith(("api", "x-")) else 6
    return len(value) >= least and not _NAME_OF_ONE.fullmatch(value)
