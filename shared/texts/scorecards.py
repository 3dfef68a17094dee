"""Of a service's scorecard: levels, and why."""

from shared.texts.text import Text

TEXTS = {
    "scorecard.badge": Text("scorecard", "scorecard"),
    "scorecard.level.good": Text("bom", "good"),
    "scorecard.level.fair": Text("regular", "fair"),
    "scorecard.level.poor": Text("ruim", "poor"),
    "scorecard.level.unknown": Text("sem dados", "no data"),
    "scorecard.nothing_known": Text(
        "Ainda não há dados deste serviço.", "There is no data of this service yet."
    ),
    "scorecard.dora.unknown": Text(
        "não há métricas DORA de produção deste serviço",
        "there are no DORA metrics of this service's production",
    ),
    "scorecard.dora.no_bands": Text(
        "os dados de {month} não bastam para uma faixa", "the data of {month} is not enough for a band"
    ),
    "scorecard.dora.band": Text("{metric}: desempenho {band}", "{metric}: {band} performance"),
    "scorecard.metric.change_lead_time": Text("lead time de mudança", "change lead time"),
    "scorecard.metric.deployment_frequency": Text("frequência de implantação", "deployment frequency"),
    "scorecard.metric.failed_deployment_recovery_time": Text(
        "recuperação de implantação com falha", "failed deployment recovery time"
    ),
    "scorecard.metric.change_fail_rate": Text("taxa de falha de mudanças", "change fail rate"),
    "scorecard.metric.deployment_rework_rate": Text("taxa de retrabalho", "deployment rework rate"),
    "scorecard.band.elite": Text("elite", "elite"),
    "scorecard.band.high": Text("alto", "high"),
    "scorecard.band.medium": Text("médio", "medium"),
    "scorecard.band.low": Text("baixo", "low"),
    "scorecard.gates.unknown": Text(
        "os quality gates não puderam ser lidos", "the quality gates could not be read"
    ),
    "scorecard.gates.none": Text(
        "nenhum quality gate julgou a produção", "no quality gate has judged production"
    ),
    "scorecard.gates.pass": Text(
        "o último quality gate em produção aprovou a versão {version}",
        "the last quality gate in production passed version {version}",
    ),
    "scorecard.gates.warn": Text(
        "o último quality gate em produção alertou na versão {version}",
        "the last quality gate in production warned of version {version}",
    ),
    "scorecard.gates.fail": Text(
        "o último quality gate em produção reprovou a versão {version}",
        "the last quality gate in production failed version {version}",
    ),
    "scorecard.gates.inconclusive": Text(
        "o último quality gate em produção não pôde julgar a versão {version}",
        "the last quality gate in production could not judge version {version}",
    ),
    "scorecard.incidents.unknown": Text(
        "os incidentes abertos não puderam ser lidos", "the open incidents could not be read"
    ),
    "scorecard.incidents.open": Text("incidentes abertos: {count}", "open incidents: {count}"),
    "scorecard.incidents.many": Text("incidentes em 30 dias: {count}", "incidents in 30 days: {count}"),
    "scorecard.incidents.few": Text(
        "nenhum incidente aberto; em 30 dias: {count}", "no open incident; in 30 days: {count}"
    ),
    "scorecard.incidents.none_open": Text(
        "nenhum incidente aberto; dos últimos 30 dias não há dados",
        "no open incident; there is no data of the last 30 days",
    ),
    "scorecard.slo.unknown": Text("os SLOs não puderam ser lidos", "the SLOs could not be read"),
    "scorecard.slo.none": Text("o serviço não tem SLO no Dynatrace", "the service has no SLO in Dynatrace"),
    "scorecard.slo.no_data": Text(
        "o Dynatrace não pôde avaliar os SLOs", "Dynatrace could not evaluate the SLOs"
    ),
    "scorecard.slo.good": Text(
        "{name}: {value} % (meta {target} %)", "{name}: {value} % (target {target} %)"
    ),
    "scorecard.slo.fair": Text(
        "{name} está perto da meta: {value} % (meta {target} %)",
        "{name} is close to its target: {value} % (target {target} %)",
    ),
    "scorecard.slo.poor": Text(
        "{name} está abaixo da meta: {value} % (meta {target} %)",
        "{name} is below its target: {value} % (target {target} %)",
    ),
    "scorecard.cost.unknown": Text("nenhum dado de custo está carregado", "no cost data is loaded"),
}
