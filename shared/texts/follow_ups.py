"""Of what follows an incident: preventive alerts, work items, and how people allow them."""

from shared.texts.text import Text

TEXTS = {
    "alert.title.above": Text(
        "{service}: {signal} acima de {threshold}", "{service}: {signal} above {threshold}"
    ),
    "alert.title.below": Text(
        "{service}: {signal} abaixo de {threshold}", "{service}: {signal} below {threshold}"
    ),
    "alert.description": Text(
        "Alerta preventivo, sugerido depois de um incidente e aprovado por uma pessoa.",
        "A preventive alert, suggested after an incident and approved by a person.",
    ),
    "signal.disk": Text("disco", "disk"),
    "signal.connections": Text("conexões", "connections"),
    "signal.threads": Text("threads", "threads"),
    "follow_up.write_test": Text(
        "Escrever um teste que teria pego: {cause}", "Write a test that would have caught: {cause}"
    ),
    "follow_up.write_test.why": Text(
        "Uma implantação passou por todos os testes e derrubou {service}.",
        "A deployment passed every test and brought {service} down.",
    ),
    "follow_up.add_objective": Text(
        "Pôr {indicator} de {service} entre os objetivos do gate",
        "Add {indicator} of {service} to the gate's objectives",
    ),
    "follow_up.add_objective.why": Text(
        "Foi o primeiro indicador a sair do normal: o gate pode barrar a próxima implantação por ele.",
        "It was the first indicator to leave the usual: the gate can stop the next deployment by it.",
    ),
    "follow_up.check_configuration": Text(
        "Validar a configuração de {component} antes de aplicá-la",
        "Check the configuration of {component} before it is applied",
    ),
    "follow_up.check_configuration.why": Text(
        "Uma mudança de configuração derrubou {service}, e nada a conferiu antes.",
        "A change of configuration brought {service} down, and nothing checked it before.",
    ),
    "follow_up.fix_leak": Text(
        "Corrigir o vazamento de memória de {component}", "Fix the memory leak of {component}"
    ),
    "follow_up.fix_leak.why": Text(
        "Reiniciar só adia: a memória volta a crescer.", "A restart only delays it: memory grows again."
    ),
    "follow_up.give_room": Text(
        "Dar folga a {component}, ou deixá-lo escalar sozinho",
        "Give {component} more room, or have it scale by itself",
    ),
    "follow_up.give_room.why": Text(
        "{component} chegou perto do limite sob a carga deste incidente.",
        "{component} came near its limit under the load of this incident.",
    ),
    "follow_up.withstand": Text(
        "Fazer {service} suportar a falha de {component}", "Have {service} withstand a failure of {component}"
    ),
    "follow_up.withstand.why": Text(
        "Com tempo limite, disjuntor e resposta alternativa, a falha de uma dependência não vira incidente.",
        "With a time-out, a circuit breaker and a fallback, a failing dependency is no incident.",
    ),
    "follow_up.renew_certificate": Text(
        "Renovar automaticamente o certificado de {component}",
        "Renew the certificate of {component} automatically",
    ),
    "follow_up.renew_certificate.why": Text(
        "O certificado venceu ou estava para vencer, e renová-lo dependia de alguém lembrar.",
        "The certificate had expired or was about to, and renewing it depended on somebody remembering.",
    ),
    "follow_up.raise_quota": Text(
        "Aumentar a cota de {component} e acompanhar o uso",
        "Raise the quota of {component} and watch its use",
    ),
    "follow_up.raise_quota.why": Text(
        "A cota chegou ao fim: chamadas foram recusadas.", "The quota came to its end: calls were refused."
    ),
    "follow_up.spread": Text(
        "Distribuir {service} para que a perda de {component} não o derrube",
        "Spread {service} so that losing {component} does not bring it down",
    ),
    "follow_up.spread.why": Text(
        "O serviço não sobreviveu à perda de uma peça da infraestrutura.",
        "The service did not survive the loss of one piece of infrastructure.",
    ),
    "follow_up.find_cause": Text(
        "Achar a causa do incidente de {service}", "Find the cause of the incident of {service}"
    ),
    "follow_up.find_cause.why": Text(
        "As evidências não apontaram uma causa: faltou observar alguma coisa.",
        "The evidence pointed to no cause: something was not observed.",
    ),
    "follow_up.review_unverified": Text(
        "Revisar por que a recuperação de {service} não foi comprovada",
        "Review why the recovery of {service} was not verified",
    ),
    "follow_up.review_unverified.why": Text(
        "A ação terminou e não se viu melhora: ou a causa era outra, ou faltam medições.",
        "The action ended and no improvement was seen: the cause was another, or samples are missing.",
    ),
    "follow_up.repair_action": Text(
        "Consertar a ação que falhou em {service}", "Repair the action that failed on {service}"
    ),
    "follow_up.repair_action.why": Text(
        "A ação aprovada não terminou bem: na próxima vez ela precisa funcionar.",
        "The approved action did not end well: next time it has to work.",
    ),
    "follow_up.review_on_call": Text(
        "Rever o plantão de {service}: ninguém decidiu a tempo",
        "Review the on-call of {service}: nobody decided in time",
    ),
    "follow_up.review_on_call.why": Text(
        "Havia uma ação proposta, e a aprovação expirou sem decisão.",
        "An action was proposed, and its approval expired without a decision.",
    ),
    "follow_up.add_runbook": Text(
        "Dar a {service} um runbook para {category}", "Give {service} a runbook for {category}"
    ),
    "follow_up.add_runbook.why": Text(
        "A causa era provável, e não havia ação segura a propor.",
        "The cause was probable, and there was no safe action to propose.",
    ),
    "follow_up.of": Text("Incidente {number}: {title}", "Incident {number}: {title}"),
    "follow_up.cause": Text(
        "Causa provável ({confidence} %): {cause}", "Probable cause ({confidence} %): {cause}"
    ),
    "follow_up.postmortem": Text("Postmortem", "Postmortem"),
    "follow_up.alert": Text("Alerta", "Alert"),
    "follow_up.work_item": Text("Item de trabalho", "Work item"),
    "follow_up.title": Text(
        "Depois de {number}: {count} sugestões para {service}",
        "After {number}: {count} suggestions for {service}",
    ),
    "follow_up.action": Text("criar {count} itens depois de {number}", "create {count} items after {number}"),
    "follow_up.made": Text("{kind} {title}: {url}", "{kind} {title}: {url}"),
    "follow_up.made_alert": Text("{kind} {title}", "{kind} {title}"),
    "follow_up.not_made": Text(
        "{kind} {title}: não foi criado ({reason})", "{kind} {title}: not created ({reason})"
    ),
    "note.follow_ups": Text(
        "Depois deste incidente, aprovado por {people}:\n{listed}",
        "After this incident, approved by {people}:\n{listed}",
    ),
    "note.follow_ups_refused": Text(
        "{people} recusou as sugestões depois deste incidente. Nada foi criado. {comment}",
        "{people} refused the suggestions after this incident. Nothing was created. {comment}",
    ),
    "note.follow_ups_expired": Text(
        "Ninguém decidiu as sugestões depois deste incidente até {expires_at}. Nada foi criado.",
        "Nobody decided on the suggestions after this incident until {expires_at}. Nothing was created.",
    ),
    "outcome.created": Text("criado", "created"),
    "outcome.partly_created": Text("criado em parte", "partly created"),
    "outcome.not_created": Text("não criado", "not created"),
    "do.start_follow_up": Text("iniciar o acompanhamento", "start the follow-up"),
    "do.ask_follow_ups": Text("pedir aprovação", "ask for approval"),
    "do.note_follow_ups": Text("anotar o que foi criado", "note what was created"),
} | {
    key: text
    for number in range(1, 6)
    for key, text in (
        (f"do.create_alert_{number}", Text("criar o alerta", "create the alert")),
        (f"do.create_work_item_{number}", Text("criar o item de trabalho", "create the work item")),
        (f"link.work_item_{number}", Text("Item de trabalho", "Work item")),
    )
}
