"""Of quality gates: verdicts, why something is not known, what became of a version that failed."""

from shared.texts.text import Text

TEXTS = {
    "gate.page": Text("Quality gate", "Quality gate"),
    "gate.title": Text(
        "Quality gate de {service} {version} ({environment}): {verdict}",
        "Quality gate of {service} {version} ({environment}): {verdict}",
    ),
    "gate.case": Text(
        "{service} {version} foi reprovada no quality gate ({environment})",
        "{service} {version} failed its quality gate ({environment})",
    ),
    "gate.verdict.pass": Text("aprovado", "pass"),
    "gate.verdict.warn": Text("aprovado com alerta", "warn"),
    "gate.verdict.fail": Text("reprovado", "fail"),
    "gate.verdict.inconclusive": Text("inconclusivo", "inconclusive"),
    "gate.status.pass": Text("aprovado", "pass"),
    "gate.status.warn": Text("alerta", "warn"),
    "gate.status.fail": Text("reprovado", "fail"),
    "gate.status.unknown": Text("não se sabe", "not known"),
    "gate.status.informative": Text("só informativo", "informative"),
    "gate.means.pass": Text("O pipeline segue.", "The pipeline goes on."),
    "gate.means.warn": Text("O pipeline segue, com alerta.", "The pipeline goes on, with a warning."),
    "gate.means.fail": Text("O pipeline para.", "The pipeline stops."),
    "gate.means.inconclusive": Text(
        "Faltam dados: isso nunca é uma aprovação.", "Data is missing: that is never a pass."
    ),
    "gate.decision.proceed": Text("seguir", "proceed"),
    "gate.decision.hold": Text("esperar uma pessoa", "hold for a person"),
    "gate.decision.stop": Text("parar", "stop"),
    "gate.decision": Text("Decisão", "Decision"),
    "gate.verdict": Text("Veredito", "Verdict"),
    "gate.score": Text("Pontos", "Score"),
    "gate.score_of": Text(
        "{score} de 100 (aprovado a partir de {pass_percent}, alerta a partir de {warn_percent})",
        "{score} of 100 (pass from {pass_percent}, warn from {warn_percent})",
    ),
    "gate.score_between": Text(
        "entre {score} e {best} de 100 (aprovado a partir de {pass_percent}, alerta a partir de {warn_percent})",
        "between {score} and {best} of 100 (pass from {pass_percent}, warn from {warn_percent})",
    ),
    "gate.no_score": Text("nada pôde ser avaliado", "nothing could be judged"),
    "gate.service": Text("Serviço", "Service"),
    "gate.version": Text("Versão", "Version"),
    "gate.window": Text("Janela", "Window"),
    "gate.objective": Text("Objetivo", "Objective"),
    "gate.value": Text("Valor", "Value"),
    "gate.pass_when": Text("Aprovado se", "Passes if"),
    "gate.warn_when": Text("Alerta se", "Warns if"),
    "gate.or": Text("ou", "or"),
    "gate.and": Text("e", "and"),
    "gate.baseline": Text("Linha de base", "Baseline"),
    "gate.baseline.history": Text(
        "{value} (mediana de {of} implantações boas)", "{value} (median of {of} good deployments)"
    ),
    "gate.baseline.before": Text("{value} (antes desta implantação)", "{value} (before this deployment)"),
    "gate.baseline.none": Text("não há", "none"),
    "gate.samples": Text("Amostras", "Samples"),
    "gate.samples_of": Text("{samples} (no mínimo {needed})", "{samples} (at least {needed})"),
    "gate.weight": Text("Peso", "Weight"),
    "gate.key": Text("objetivo-chave", "key objective"),
    "gate.chart": Text(
        "{name}: {samples} amostras entre {low} e {high} {unit}",
        "{name}: {samples} samples between {low} and {high} {unit}",
    ),
    "gate.running": Text("A janela ainda não foi avaliada: {step}.", "The window is not judged yet: {step}."),
    "gate.dry_run": Text(
        "Simulação: nada foi feito nem será linha de base.",
        "Dry run: nothing was done, and it is no baseline.",
    ),
    "gate.reason.no_data": Text("sem dados", "no data"),
    "gate.reason.few_samples": Text("amostras de menos", "too few samples"),
    "gate.reason.late": Text("os dados mais novos não chegaram", "the newest data has not come"),
    "gate.reason.vendor": Text("o Dynatrace não respondeu", "Dynatrace did not answer"),
    "gate.reason.not_measured": Text(
        "ninguém mede isto neste ambiente", "nobody measures this in this environment"
    ),
    "gate.reason.no_baseline": Text("não há linha de base", "there is no baseline"),
    "gate.reason.too_soon": Text("ainda é cedo", "it is too soon"),
    "gate.rollback": Text("Volta da versão", "Going back"),
    "gate.rollback.would": Text("Simulação; seria feito: {action}", "Dry run; would be done: {action}"),
    "gate.rollback.none": Text(
        "A versão anterior não pode voltar: {reason}. Uma pessoa decide.",
        "The version before cannot go back: {reason}. A person decides.",
    ),
    "gate.rollback.asked": Text("Aguarda aprovação: {action}", "Waits for approval: {action}"),
    "gate.rollback.refused": Text("Recusado por uma pessoa: {action}", "Refused by a person: {action}"),
    "gate.rollback.expired": Text("Ninguém decidiu a tempo: {action}", "Nobody decided in time: {action}"),
    "gate.rollback.failed": Text("Não deu certo: {action}: {reason}", "Did not work: {action}: {reason}"),
    "gate.rollback.verified": Text(
        "Feito e comprovado pelos mesmos objetivos: {action}",
        "Done, and proven by the same objectives: {action}",
    ),
    "gate.rollback.unverified": Text(
        "Feito, sem prova de que ajudou: {action}", "Done, without proof that it helped: {action}"
    ),
    "gate.objectives_bad": Text("Objetivos", "Objectives"),
    "card.open_gate": Text("Ver o quality gate", "See the quality gate"),
    "link.gate": Text("Quality gate", "Quality gate"),
    "handed_over.version_unknown": Text(
        "o pipeline não disse o commit nem a execução", "the pipeline told neither commit nor run"
    ),
    "handed_over.own_run": Text(
        "a execução foi iniciada pelo ValueFlow; voltar outra vez é decisão de uma pessoa",
        "the run was started by ValueFlow; going back once more is for a person to decide",
    ),
    "do.await_window": Text("esperar a janela", "wait for the window"),
    "do.measure": Text("medir os objetivos", "measure the objectives"),
    "do.keep": Text("guardar o veredito", "keep the verdict"),
    "do.record_gate": Text("registrar o veredito", "record the verdict"),
    "do.announce_gate": Text("avisar no Teams", "tell in Teams"),
    "do.note_gate": Text("anotar na mudança", "note in the change"),
    "do.answer_check": Text("responder ao Azure Pipelines", "answer Azure Pipelines"),
    "do.await_pipeline": Text("esperar o fim do pipeline", "wait for the pipeline to end"),
    "do.plan_back": Text("achar a versão boa", "find the good version"),
    "do.verify_back": Text("comprovar a volta", "prove that going back helped"),
    "outcome.pass": Text("quality gate aprovado", "quality gate passed"),
    "outcome.warn": Text("quality gate aprovado com alerta", "quality gate passed with a warning"),
    "outcome.fail": Text("quality gate reprovado", "quality gate failed"),
    "outcome.inconclusive": Text("quality gate inconclusivo", "quality gate inconclusive"),
}
