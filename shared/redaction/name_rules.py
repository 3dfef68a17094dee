"""The words that stand round a name, in Portuguese and English: folded (lower case, no accents) unless said."""

import re

_DONE = (
    r"abert[oa]|solicitad[oa]|atribuid[oa]|reportad[oa]|relatad[oa]|registrad[oa]|criad[oa]|atendid[oa]|aprovad[oa]|"
    r"encaminhad[oa]|informad[oa]|escalad[oa]|executad[oa]|alterad[oa]|feit[oa]|enviad[oa]|assinad[oa]|autorizad[oa]"
)
_DONE_EN = (
    r"opened|reported|requested|assigned|created|approved|escalated|submitted|raised|handled|resolved|closed|authored|"
    r"reviewed|updated|called|written|owned"
)
_ROLES = (
    r"signed-off-by|co-authored-by|reviewed-by|author|autora?|solicitante|requisitante|requester|caller|caller_id|"
    r"assignee|reporter|titular|correntista|beneficiari[oa]|paciente|segurad[oa]|portadora?|motorista|colaboradora?|"
    r"funcionari[oa]|nome completo|nome d[oa] cliente|full[ _-]?name|customer[ _-]?name|nome[ _-]cliente|"
    r"nome[ _-]titular|nome[ _-]?completo|responsavel|on-call|plantonista|analista|gerente|diretora?|coordenadora?|"
    r"supervisora?|tecnic[oa]|falar com|falei com|conversei com|ligar para|contato com|contatar|avisar|talk to|"
    r"spoke (?:to|with)|speak (?:to|with)|ask for"
)
_GREETINGS = (
    r"att|atenciosamente|abs|abracos?|cordialmente|saudacoes|grat[oa]|best regards|kind regards|regards|cheers|"
    r"sincerely|ass(?:inado)?"
)
SURELY = re.compile(
    rf"(?:\b(?:{_DONE}) (?:por|pelo|pela|ao|a|para o|para a|para)|\b(?:{_DONE_EN})[ _-]?(?:by|to)|\b(?:{_ROLES})"
    rf"|\b(?:{_GREETINGS})[.,!]?)"
    r"[\"']?(?:\s?[:=-]{1,2})?(?:\s{0,3}[\"']|\s{1,4}|(?<=[:=]))"
    r"(?:(?:o|a|os|as|the|user|usuari[oa]|cliente?|sr|sra|dr|dra|dona)\.?\s)?"
)
"""Who follows is a person, whatever they are called."""
TITLED = re.compile(
    r"\b(?:Sr|Sra|Srta|Dr|Dra|Mr|Mrs|Ms|Eng|Enga|Prof|Profa|Exmo|Exma|Ilmo|Ilma|sr|sra|dr|dra)\.?\s"
    r"|\b(?:[Dd]ona|[Ss]enhora?|[Dd]outora?|[Pp]rezad[oa]|[Cc]ar[oa]|[Dd]ear)\s"
)
"""The same, in the text as it is written."""
MAYBE = re.compile(
    r"\b(?:cliente?|customer|usuari[oa]|user|username|usuario_nome|nome|name|display[ _-]?name|contato|contact|de|from|"
    r"para|to|com|with|por|by|cc|owner|responsible|engineer|engenheir[oa]|operadora?|vendedora?|compradora?|gestora?|"
    r"alun[oa]|soci[oa]|colega|employee|person|pessoa)"
    r"(?:[\"']?\s?[:=]|[\"'])?\s{0,3}[\"']?"
)
"""Who follows is a person if it looks like one."""
ADDRESSED = re.compile(r"\s{1,2}[<(][\w.+-]{1,64}@")
SPEAKS = re.compile(
    r"\s(?:disse|falou|ligou|pediu|relatou|relata|informou|informa|abriu|reclamou|avisou|perguntou|respondeu|"
    r"solicitou|confirmou|reportou|comentou|escreveu|mandou|tentou|nao consegue|said|says|reported|reports|called|"
    r"asked|opened|wrote|complained|confirmed|replied|told|requested)\b"
)
USERNAME = re.compile(r"(?<![\w.@/-])(?P<first>[a-z]{3,20})[._](?P<last>[a-z]{3,20})\d{0,3}(?![\w@(/-]|\.\w)")
"""first.last, as directories name people."""
