"""Of an incident: its texts, notes, cause, proof and postmortem."""

from shared.texts.text import Text

TEXTS = {
    "incident.title": Text("{title} ({service})", "{title} ({service})"),
    "incident.description": Text(
        "Problema {display_id} aberto pelo Dynatrace.\n\n{url}",
        "Problem {display_id} opened by Dynatrace.\n\n{url}",
    ),
    "note.joined": Text(
        "{display_id} {title} pertence a este incidente. {reason}",
        "{display_id} {title} belongs to this incident. {reason}",
    ),
    "note.reopened": Text(
        "O problema voltou pouco depois de resolvido: o incidente foi reaberto.",
        "The problem came back soon after it was resolved: the incident is open again.",
    ),
    "joined.same_entity": Text("A mesma entidade é afetada.", "The same entity is affected."),
    "joined.same_service": Text("O mesmo serviço é afetado.", "The same service is affected."),
    "joined.same_root_cause": Text("A causa raiz é a mesma entidade.", "The root cause is the same entity."),
    "joined.neighbour": Text(
        "As entidades afetadas chamam umas às outras.", "The affected entities call each other."
    ),
    "joined.same_change": Text(
        "O mesmo pipeline implanta os dois serviços.", "The same pipeline deploys both services."
    ),
    "note.opened": Text(
        (
            "Evidências:\n"
            "{evidence}\n"
            "\n"
            "Sem resposta de: {missing}\n"
            "\n"
            "Causa provável ({confidence} %, {author}): {hypothesis}\n"
            "Baseada em: {cited}\n"
            "O que a refutaria: {refuted_by}\n"
            "\n"
            "Ação proposta: {action}"
        ),
        (
            "Evidence:\n"
            "{evidence}\n"
            "\n"
            "No answer from: {missing}\n"
            "\n"
            "Probable cause ({confidence} %, {author}): {hypothesis}\n"
            "Rests on: {cited}\n"
            "What would refute it: {refuted_by}\n"
            "\n"
            "Proposed action: {action}"
        ),
    ),
    "note.approved": Text("{people} aprovou: {action}", "{people} approved: {action}"),
    "note.refused": Text(
        "{people} recusou a ação. Nada foi executado. {comment}",
        "{people} refused the action. Nothing was run. {comment}",
    ),
    "note.expired": Text(
        "Ninguém decidiu até {expires_at}: vale como recusa. Nada foi executado.",
        "Nobody decided until {expires_at}: that counts as a refusal. Nothing was run.",
    ),
    "note.action_started": Text(
        "Execução {run_id} iniciada no Azure DevOps: {url}", "Run {run_id} started in Azure DevOps: {url}"
    ),
    "note.action_failed": Text(
        "A ação não terminou bem: {reason}. O incidente precisa de uma pessoa.",
        "The action did not end well: {reason}. The incident needs a person.",
    ),
    "note.unverified": Text(
        (
            "A ação terminou, mas a recuperação não foi comprovada: {reason}. O incidente precisa"
            " de uma pessoa."
        ),
        "The action ended, but recovery is not proven: {reason}. The incident needs a person.",
    ),
    "note.others_open": Text(
        "Outros problemas deste incidente continuam abertos. O incidente precisa de uma pessoa.",
        "Other problems of this incident are still open. The incident needs a person.",
    ),
    "note.ended_unverified": Text(
        "O incidente fica aberto, com uma pessoa: {reason}.",
        "The incident stays open, with a person: {reason}.",
    ),
    "note.handed_over": Text(
        (
            "Não havia ação segura a propor ({reason}) e o problema continua. O incidente precisa"
            " de uma pessoa."
        ),
        (
            "There was no safe action to propose ({reason}) and the problem goes on. The incident"
            " needs a person."
        ),
    ),
    "note.recovered_later": Text(
        "O Dynatrace informa que o problema foi encerrado.", "Dynatrace says that the problem is closed."
    ),
    "note.card_unknown": Text(
        "O aviso no Teams pode não ter chegado ({reason}).",
        "The notice in Teams may not have arrived ({reason}).",
    ),
    "close.resolved": Text("{action}. Comprovado: {proof}.", "{action}. Proven: {proof}."),
    "close.self_resolved": Text(
        "O problema foi encerrado no Dynatrace sem ação da plataforma.",
        "The problem closed in Dynatrace without an action of the platform.",
    ),
    "handed_over.no_service": Text(
        "nenhum serviço registrado corresponde às entidades afetadas",
        "no registered service matches the affected entities",
    ),
    "handed_over.no_good_run": Text("não há execução anterior bem-sucedida", "there is no earlier good run"),
    "postmortem.link": Text("Postmortem: {url}", "Postmortem: {url}"),
    "action.none": Text("nenhuma: {reason}", "none: {reason}"),
    "author.embedded": Text("assistente embutido", "embedded assistant"),
    "author.openai": Text("modelo {model}", "model {model}"),
}
