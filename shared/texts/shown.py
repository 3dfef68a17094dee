"""Of cards and pages in general."""

from shared.texts.text import Text

TEXTS = {
    "approval.remind": Text("Ainda aguarda decisão: {title}", "Still waits for a decision: {title}"),
    "approval.escalate": Text(
        "Escalado, ninguém decidiu e o prazo está no fim: {title}",
        "Escalated, nobody has decided and time is nearly over: {title}",
    ),
    "approval.approve": Text("Aprovado por {people}: {title}", "Approved by {people}: {title}"),
    "approval.refuse": Text("Recusado por {people}: {title}", "Refused by {people}: {title}"),
    "approval.edit": Text(
        "{people} propôs outra ação, que precisa de outra aprovação. Antes: {before}. Agora: {after}",
        "{people} proposed another action, which needs another approval. Before: {before}. Now: {after}",
    ),
    "approval.expired": Text("Expirou sem decisão: {title}", "Expired without a decision: {title}"),
    "card.title": Text("Incidente {number}: {title}", "Incident {number}: {title}"),
    "card.cause": Text("Causa provável", "Probable cause"),
    "card.action": Text("Ação proposta", "Proposed action"),
    "card.risk": Text("Risco", "Risk"),
    "card.evidence": Text("Evidências", "Evidence"),
    "card.open_approval": Text("Ver e decidir", "See and decide"),
    "card.open_incident": Text("Abrir incidente", "Open incident"),
    "card.ended": Text("{number}: {outcome}", "{number}: {outcome}"),
    "risk.low": Text("baixo", "low"),
    "risk.medium": Text("médio", "medium"),
    "risk.high": Text("alto", "high"),
    "card.open_repository": Text("Abrir repositório", "Open repository"),
    "card.open_operation": Text("Ver operação", "See operation"),
    "card.extend": Text("Prorrogar", "Extend"),
    "none": Text("nada", "nothing"),
    "page.sign_in": Text("Entrar", "Sign in"),
    "page.title": Text("Aprovação", "Approval"),
    "note.edited": Text(
        "{people} propôs outra ação; aprovações anteriores não valem mais. Antes: {before}. Agora: {after}. {comment}",
        "{people} proposed another action; earlier approvals are void. Before: {before}. Now: {after}. {comment}",
    ),
    "note.edit_refused": Text(
        "{people} quis outra ação, que não é possível: {reason}. A proposta continua como estava.",
        "{people} wanted another action, which cannot be: {reason}. The proposal stays as it was.",
    ),
    "page.signed_in_as": Text("Você entrou como {name}", "You are signed in as {name}"),
    "page.sign_in_first": Text("Entre para ver e decidir.", "Sign in to see and decide."),
    "page.problem": Text("Problema", "Problem"),
    "page.request": Text("Pedido", "Request"),
    "page.facts": Text("Detalhes", "Details"),
    "page.cause": Text("Causa provável", "Probable cause"),
    "page.evidence": Text("Evidências", "Evidence"),
    "page.missing": Text("Sem resposta de", "No answer from"),
    "page.action": Text("Ação proposta", "Proposed action"),
    "page.exactly": Text("Exatamente isto será executado", "Exactly this will be run"),
    "page.risk": Text("Risco", "Risk"),
    "page.expires": Text("Expira em", "Expires at"),
    "page.approve": Text("Aprovar", "Approve"),
    "page.refuse": Text("Recusar", "Refuse"),
    "page.comment": Text("Comentário (opcional)", "Comment (optional)"),
    "page.not_approver": Text(
        "Seu acesso não permite decidir (falta {role}).", "You may not decide (the role {role} is missing)."
    ),
    "page.over": Text("Não há mais o que decidir aqui.", "There is nothing to decide here any more."),
    "page.received": Text("Decisão registrada. Obrigado.", "Your decision is recorded. Thank you."),
    "page.received_edit": Text(
        "Sua ação será verificada. Se for possível, passa a ser a proposta, e outra pessoa precisa aprová-la.",
        "Your action is being checked. If it can be done it becomes the proposal, and somebody else must approve it.",
    ),
    "page.see_again": Text("Ver como está agora", "See how it stands now"),
    "page.needs": Text("Precisa de", "Needs"),
    "page.needs_nobody": Text(
        "ninguém: o dono e as políticas permitem", "nobody: the owner and the policies allow it"
    ),
    "page.needs_people": Text(
        "aprovações de pessoas diferentes com {role}: {needed}; até agora: {so_far}",
        "approvals by different people with {role}: {needed}; so far: {so_far}",
    ),
    "page.edited_by": Text(
        "Proposta de {name}, no lugar da anterior.", "Proposed by {name}, instead of the one before."
    ),
    "page.edit_refused": Text(
        "{name} quis outra ação, que não é possível: {reason}.",
        "{name} wanted another action, which cannot be: {reason}.",
    ),
    "page.own_request": Text(
        "Quem pede não aprova: outra pessoa precisa aprovar.",
        "You asked for this: somebody else must approve it.",
    ),
    "page.has_approved": Text(
        "Você já aprovou; falta outra pessoa.", "You have approved; somebody else must, too."
    ),
    "page.another": Text("Propor outra ação", "Propose another action"),
    "page.another_means": Text(
        "É uma nova proposta: as aprovações dadas deixam de valer, e outra pessoa precisa aprová-la.",
        "That is a new proposal: approvals given are void, and somebody else must approve it.",
    ),
    "page.instead": Text("No lugar da ação proposta", "Instead of the proposed action"),
    "page.propose": Text("Propor no lugar", "Propose this instead"),
    "number.instances": Text("Instâncias", "Instances"),
    "number.for_minutes": Text("Por quantos minutos", "For how many minutes"),
    "page.not_counted": Text("A decisão não vale: {reason}.", "The decision does not count: {reason}."),
    "page.refused_400": Text("Faltou algo no formulário.", "Something is missing in the form."),
    "page.refused_403": Text(
        "Seu acesso, este endereço ou este formulário não valem (mais). Abra o link do cartão outra vez.",
        "Your access, this address or this form is not valid (any more). Open the card's link again.",
    ),
    "page.refused_404": Text("Não há nada a aprovar aqui.", "There is nothing to approve here."),
    "page.refused_409": Text("Não há mais o que decidir aqui.", "There is nothing to decide here any more."),
    "page.refused_422": Text(
        "A ação escolhida não é possível assim. A proposta continua como estava.",
        "The chosen action cannot be done so. The proposal stays as it was.",
    ),
    "objection.unknown_decision": Text("a decisão não é conhecida", "the decision is not a known one"),
    "objection.not_editable": Text(
        "esta aprovação não aceita (mais) outra ação", "this approval takes no other action (any more)"
    ),
    "objection.changed": Text(
        "a ação mudou desde que foi mostrada", "the action has changed since it was shown"
    ),
    "objection.no_person": Text("falta a pessoa", "it names no person"),
    "objection.role_missing": Text(
        "falta à pessoa o acesso que esta aprovação exige",
        "the person lacks the role that this approval needs",
    ),
    "objection.late": Text("o prazo acabou", "the time for it is over"),
    "objection.own_request": Text("ninguém aprova o próprio pedido", "nobody approves their own request"),
    "page.state": Text("Situação", "State"),
    "page.waiting": Text("aguardando decisão", "waiting for a decision"),
    "page.incident": Text("Incidente", "Incident"),
    "page.confidence": Text("confiança", "confidence"),
}
