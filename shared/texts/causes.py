"""Of a problem's cause: what the ranking holds likely, and what would show that it is wrong."""

from shared.texts.text import Text

TEXTS = {
    "cause.recent_deployment": Text(
        "A implantação {run_id} ({commit}) terminou {minutes} min antes do problema.",
        "Deployment {run_id} ({commit}) ended {minutes} min before the problem.",
    ),
    "cause.deployment_elsewhere": Text(
        "A implantação {run_id} ({commit}) de {component} terminou {minutes} min antes do problema.",
        "Deployment {run_id} ({commit}) of {component} ended {minutes} min before the problem.",
    ),
    "cause.deployment_seen": Text(
        "Uma implantação de {component} foi vista {minutes} min antes do problema.",
        "A deployment of {component} was seen {minutes} min before the problem.",
    ),
    "cause.configuration": Text(
        "A configuração de {component} mudou {minutes} min antes do problema.",
        "The configuration of {component} changed {minutes} min before the problem.",
    ),
    "cause.change": Text(
        "A mudança {number} em {component} estava em andamento quando o problema começou.",
        "Change {number} on {component} was under way when the problem began.",
    ),
    "cause.memory_leak": Text(
        "A memória de {component} só cresce ({slope} por hora): era {usual}, está em {now}. Parece um vazamento.",
        "The memory of {component} only grows ({slope} an hour): it was {usual}, now {now}. It looks like a leak.",
    ),
    "cause.saturation": Text(
        "{component} está perto do limite: {indicator} era {usual} %, está em {now} %.",
        "{component} is near its limit: {indicator} was {usual} %, now it is {now} %.",
    ),
    "cause.certificate": Text(
        "O certificado de {component} venceu {minutes} min antes do problema.",
        "The certificate of {component} expired {minutes} min before the problem.",
    ),
    "cause.quota": Text(
        "A cota de {component} está no fim: {used} de {limit}.",
        "The quota of {component} is at its end: {used} of {limit}.",
    ),
    "cause.infrastructure": Text(
        "{component}, onde os serviços executam, não está disponível.",
        "{component}, on which the services run, is not available.",
    ),
    "cause.dependency": Text(
        "{component}, que o serviço afetado chama, está com falha, e nada mais explica isso.",
        "{component}, which the affected service calls, is failing, and nothing else explains that.",
    ),
    "cause.maintenance": Text(
        "O problema começou numa janela de manutenção; as evidências não apontam outra causa.",
        "The problem began inside a maintenance window; the evidence points to no other cause.",
    ),
    "cause.unknown": Text("As evidências não apontam uma causa.", "The evidence points to no cause."),
    "cause.refuted_by_baseline": Text(
        "O indicador já estava fora do limite antes da mudança.",
        "The indicator was out of bounds before the change already.",
    ),
    "cause.refuted_by_change_elsewhere": Text(
        "A mudança não tocou o que o problema afeta, ou ainda não tinha começado de fato.",
        "The change did not touch what the problem affects, or had not really begun yet.",
    ),
    "cause.refuted_by_memory_leak": Text(
        "A memória estaciona sem reinício, ou o sintoma continua depois de um.",
        "Memory levels off without a restart, or the symptom goes on after one.",
    ),
    "cause.refuted_by_saturation": Text(
        "O uso cai e o sintoma continua, ou o uso já era assim em dias bons.",
        "Usage falls and the symptom goes on, or usage was the same on good days.",
    ),
    "cause.refuted_by_certificate": Text(
        "As falhas continuam com um certificado novo, ou começaram antes do vencimento.",
        "Failures go on with a new certificate, or began before it expired.",
    ),
    "cause.refuted_by_quota": Text(
        "Nenhuma chamada é recusada por cota, ou as falhas continuam com uma cota maior.",
        "No call is refused for quota, or failures go on with a higher one.",
    ),
    "cause.refuted_by_infrastructure": Text(
        "As instâncias de outros hospedeiros falham do mesmo modo.",
        "Instances on other hosts fail in the same way.",
    ),
    "cause.refuted_by_dependency": Text(
        "Quem não chama esse componente também falha, ou ele só adoeceu depois.",
        "Those that do not call this component fail too, or it fell ill only afterwards.",
    ),
    "cause.refuted_by_more_evidence": Text(
        "Qualquer mudança ou falha que ainda não esteja nas evidências.",
        "Any change or fault that is not in the evidence yet.",
    ),
    "cause.candidate": Text(
        "{category} em {component} ({confidence} %)", "{category} in {component} ({confidence} %)"
    ),
    "indicator.cpu": Text("processador", "processor"),
    "indicator.memory": Text("memória", "memory"),
    "indicator.disk": Text("disco", "disk"),
    "indicator.connections": Text("conexões", "connections"),
    "indicator.threads": Text("threads", "threads"),
    "category.recent_deployment": Text("implantação recente", "recent deployment"),
    "category.memory_leak": Text("vazamento de memória", "memory leak"),
    "category.saturation": Text("saturação", "saturation"),
    "category.dependency": Text("dependência com falha", "failing dependency"),
    "category.configuration": Text("configuração", "configuration"),
    "category.certificate": Text("certificado", "certificate"),
    "category.quota": Text("cota", "quota"),
    "category.infrastructure": Text("infraestrutura", "infrastructure"),
    "category.unknown": Text("causa desconhecida", "unknown cause"),
}
