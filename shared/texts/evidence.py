"""Of evidence: what was found where, in one line each. Names and titles in it are the vendors' own."""

from shared.texts.text import Text

TEXTS = {
    "evidence.problem": Text(
        "{severity} {impact}: {title} ({affected})", "{severity} {impact}: {title} ({affected})"
    ),
    "evidence.users": Text(", cerca de {users} usuários afetados", ", about {users} users affected"),
    "evidence.finding": Text("{type}: {name} ({entity})", "{type}: {name} ({entity})"),
    "evidence.root_cause": Text(", parte da causa raiz", ", part of the root cause"),
    "evidence.certificate_expired": Text(
        "Certificado {what} expirou em {at} ({entity})", "Certificate {what} expired at {at} ({entity})"
    ),
    "evidence.certificate_expires": Text(
        "Certificado {what} expira em {at} ({entity})", "Certificate {what} expires at {at} ({entity})"
    ),
    "evidence.quota": Text(
        "Cota {what}: {used:g} de {limit:g} em uso ({entity})",
        "Quota {what}: {used:g} of {limit:g} used ({entity})",
    ),
    "evidence.entity_affected": Text("{name} ({type}): afetada", "{name} ({type}): affected"),
    "evidence.entity_called": Text("{name} ({type}): chamada por {via}", "{name} ({type}): called by {via}"),
    "evidence.entity_beneath": Text("{name} ({type}): {via} roda nela", "{name} ({type}): {via} runs on it"),
    "evidence.entity_calls": Text("{name} ({type}): chama {via}", "{name} ({type}): calls {via}"),
    "evidence.log": Text(
        "{level} de {name}, {count} vezes, {per_minute:.2g} por minuto (antes {before:.2g}): {pattern}",
        "{level} of {name}, {count} times, {per_minute:.2g} a minute (before {before:.2g}): {pattern}",
    ),
    "evidence.at_least": Text("ao menos {count}", "at least {count}"),
    "evidence.metric": Text(
        "{indicator} de {name}: {before}, {during}", "{indicator} of {name}: {before}, {during}"
    ),
    "evidence.metric_usually": Text("normal {value:.3g} {unit}", "usually {value:.3g} {unit}"),
    "evidence.metric_no_past": Text("sem medições antes", "no samples before"),
    "evidence.metric_now": Text("agora {value:.3g} {unit}", "now {value:.3g} {unit}"),
    "evidence.metric_silent": Text("sem medições desde então", "no samples since"),
    "evidence.metric_z": Text(" (z robusto {z:+.1f})", " (robust z {z:+.1f})"),
    "evidence.metric_since": Text(", fora do normal desde {at}", ", out of the usual since {at}"),
    "evidence.metric_trend": Text(", {trend:+.2g} {unit} por hora", ", {trend:+.2g} {unit} an hour"),
    "evidence.metric_samples": Text("; {before} + {during} medições", "; {before} + {during} samples"),
    "evidence.own_metric": Text(
        "{selector}: antes {before}, durante {during}; saudável até {bound:g}",
        "{selector}: before {before}, during {during}; healthy up to {bound:g}",
    ),
    "evidence.summary": Text(
        "mediana {median:.3g}, máximo {highest:.3g} ({count} medições)",
        "median {median:.3g}, highest {highest:.3g} ({count} samples)",
    ),
    "evidence.no_data": Text("sem dados", "no data"),
    "evidence.run_suspect": Text(
        "última execução antes do problema: {name} (execução {run_id}, commit {commit}, {result})",
        "last run before the problem: {name} (run {run_id}, commit {commit}, {result})",
    ),
    "evidence.run_last_good": Text(
        "execução boa anterior: {name} (execução {run_id}, commit {commit}, {result})",
        "earlier good run: {name} (run {run_id}, commit {commit}, {result})",
    ),
    "evidence.commits": Text("; {count} commits", "; {count} commits"),
    "evidence.files": Text(", {count} arquivos", ", {count} files"),
    "evidence.touched_configuration": Text("configuração", "configuration"),
    "evidence.touched_migration": Text("migração de banco", "migration"),
    "evidence.touched_infrastructure": Text("infraestrutura", "infrastructure"),
    "evidence.change": Text(
        "{number} {title} ({type}, {state}), {from_} a {until}",
        "{number} {title} ({type}, {state}), {from_} to {until}",
    ),
    "evidence.change_state.-5": Text("nova", "new"),
    "evidence.change_state.-4": Text("em avaliação", "in assessment"),
    "evidence.change_state.-3": Text("a autorizar", "to be authorised"),
    "evidence.change_state.-2": Text("agendada", "scheduled"),
    "evidence.change_state.-1": Text("em implementação", "being implemented"),
    "evidence.change_state.0": Text("em revisão", "in review"),
    "evidence.change_state.3": Text("encerrada", "closed"),
    "evidence.maintenance_planned": Text(
        "Manutenção planejada: {name}, {from_} a {until}", "Planned maintenance: {name}, {from_} to {until}"
    ),
    "evidence.maintenance_unplanned": Text(
        "Manutenção não planejada: {name}, {from_} a {until}",
        "Unplanned maintenance: {name}, {from_} to {until}",
    ),
    "evidence.more": Text(" e mais {count}", " and {count} more"),
    "missing.no_measured_entity": Text("nenhuma entidade é medida", "no entity that is measured"),
    "missing.no_logging_entity": Text("nenhuma entidade escreve logs", "no entity that writes logs"),
    "missing.no_service": Text("nenhum serviço registrado", "no registered service"),
    "missing.no_configuration_item": Text(
        "o serviço não tem item de configuração", "the service has no configuration item"
    ),
    "missing.no_repository": Text(
        "a execução não diz de qual repositório é", "the run does not say of which repository it is"
    ),
    "missing.no_costs": Text("não há dados de custo carregados", "no cost data is loaded"),
    "missing.entities_unknown": Text(
        "as entidades do problema não são de nenhum serviço registrado",
        "the problem's entities belong to no registered service",
    ),
    "source.problem": Text("problema", "problem"),
    "source.metric": Text("indicador do serviço", "the service's indicator"),
    "source.metrics": Text("indicadores", "metrics"),
    "source.runs": Text("execuções", "runs"),
    "source.changes": Text("mudanças", "changes"),
    "source.configuration": Text("configurações", "configuration"),
    "source.logs": Text("logs", "logs"),
    "source.topology": Text("topologia", "topology"),
    "source.planned_changes": Text("mudanças planejadas", "planned changes"),
    "source.expiries": Text("certificados e cotas", "certificates and quotas"),
    "source.similar": Text("incidentes parecidos", "similar incidents"),
    "source.costs": Text("custos", "costs"),
    "source.files": Text("arquivos alterados", "changed files"),
    "source.commits": Text("commits", "commits"),
}
