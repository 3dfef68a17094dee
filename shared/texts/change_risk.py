"""Of a change's risk: reasons, what to do about each, how it goes out and comes back."""

from shared.texts.text import Text

TEXTS = {
    "risk.title": Text(
        "Risco da mudança: {level} ({score} de 100)", "Risk of the change: {level} ({score} of 100)"
    ),
    "risk.level.low": Text("baixo", "low"),
    "risk.level.medium": Text("médio", "medium"),
    "risk.level.high": Text("alto", "high"),
    "risk.summary": Text(
        "Risco {level}: {score} de 100. {most}", "The risk is {level}: {score} of 100. {most}"
    ),
    "risk.most": Text("Pesa mais: {reasons}.", "What weighs most: {reasons}."),
    "risk.nothing": Text("Nenhuma regra deu pontos.", "No rule gave points."),
    "risk.reasons": Text("Razões", "Reasons"),
    "risk.points": Text("pontos", "points"),
    "risk.plan": Text("Como publicar e como voltar", "How to roll out and back"),
    "risk.missing": Text("O que não se soube", "What is not known"),
    "risk.and_more": Text("e mais {count}", "and {count} more"),
    "risk.by_rules": Text(
        "Calculado por regras sobre arquivos e serviço; nada sobre pessoas é lido.",
        "Computed by rules on files and service; nothing about people is read.",
    ),
    "risk.size": Text("{lines} linhas mudam no que roda", "{lines} lines change in what runs"),
    "risk.size.do": Text("divida em mudanças menores", "split it into smaller changes"),
    "risk.spread": Text("{count} arquivos em {areas} áreas", "{count} files in {areas} areas"),
    "risk.spread.do": Text(
        "separe o que pode ir sozinho; peça revisão de quem conhece cada área",
        "separate what can go alone; have each area reviewed by who knows it",
    ),
    "risk.history": Text(
        "{files} arquivos mudaram em implantações culpadas por incidentes",
        "{files} files changed in deployments that were blamed for incidents",
    ),
    "risk.history.do": Text(
        "leia os postmortems desses incidentes e teste o que falhou então",
        "read those incidents' postmortems and test what failed then",
    ),
    "risk.tests_missing": Text("código muda e nenhum teste muda", "code changes and no test does"),
    "risk.tests_missing.do": Text("acrescente testes do que muda", "add tests of what changes"),
    "risk.tests_deleted": Text(
        "{files} arquivos de teste são removidos", "{files} files of tests are deleted"
    ),
    "risk.tests_deleted.do": Text(
        "diga na mudança por que não são mais precisos", "say in the change why they are not needed any more"
    ),
    "risk.migration": Text("há migração de banco de dados ({files})", "the database is migrated ({files})"),
    "risk.migration.do": Text(
        "faça-a compatível com a versão anterior (expandir, depois contrair) e publique-a antes do código",
        "make it one the version before can live with (expand, then contract), and roll it out before the code",
    ),
    "risk.infrastructure": Text(
        "muda infraestrutura ou pipeline ({files})", "infrastructure or pipelines change ({files})"
    ),
    "risk.infrastructure.do": Text(
        "leia o plano e aplique antes em outro ambiente", "read the plan and apply it elsewhere first"
    ),
    "risk.configuration": Text("muda configuração ({files})", "configuration changes ({files})"),
    "risk.configuration.do": Text(
        "confira os valores de cada ambiente", "check the values of each environment"
    ),
    "risk.secrets": Text(
        "arquivos que costumam guardar segredos mudam ({files})",
        "files that usually hold secrets change ({files})",
    ),
    "risk.secrets.do": Text(
        "tire segredos do repositório e troque os que estiveram nele",
        "take secrets out of the repository and renew those that were in it",
    ),
    "risk.dependencies": Text("mudam dependências ({files})", "dependencies change ({files})"),
    "risk.dependencies.do": Text(
        "leia as notas das versões e rode os testes completos", "read the release notes and run all tests"
    ),
    "risk.tier": Text("o serviço é de criticidade {tier}", "the service is of tier {tier}"),
    "risk.tier.do": Text("tenha quem o opera por perto", "have those who operate it at hand"),
    "risk.gate_fail": Text(
        "o último quality gate em {target} reprovou", "the last quality gate in {target} failed"
    ),
    "risk.gate_fail.do": Text(
        "resolva primeiro o que reprovou, ou diga que esta mudança o resolve",
        "mend first what failed, or say that this change does",
    ),
    "risk.gate_warn": Text(
        "o último quality gate em {target} alertou", "the last quality gate in {target} warned"
    ),
    "risk.gate_warn.do": Text("veja o objetivo que alertou", "look at the objective that warned"),
    "risk.gate_inconclusive": Text(
        "o último quality gate em {target} não pôde julgar",
        "the last quality gate in {target} could not judge",
    ),
    "risk.gate_inconclusive.do": Text(
        "faça o serviço ter dados antes de publicar", "make the service have data before you roll out"
    ),
    "risk.open_incident": Text(
        "{incidents} incidentes abertos no serviço", "{incidents} open incidents of the service"
    ),
    "risk.open_incident.do": Text(
        "espere o fim, se a mudança não é a correção", "wait for the end, unless this is the fix"
    ),
    "risk.frozen": Text(
        "{target} está em congelamento de mudanças ({freezes})", "{target} is in a change freeze ({freezes})"
    ),
    "risk.frozen.do": Text("espere o fim do congelamento", "wait for the end of the freeze"),
    "risk.out_of_hours": Text("é fora do horário de trabalho", "it is out of working hours"),
    "risk.out_of_hours.do": Text("publique em horário de trabalho", "roll out within working hours"),
    "risk.closing_soon": Text(
        "o expediente acaba em menos de duas horas", "the working day ends in less than two hours"
    ),
    "risk.closing_soon.do": Text(
        "publique quando houver tempo de observar", "roll out when there is time to watch"
    ),
    "risk.rollout.direct": Text("Publique direto.", "Roll it out directly."),
    "risk.rollout.canary": Text(
        "Publique primeiro para poucos (canário) e siga quando o quality gate aprovar.",
        "Roll it out to a few first (canary), and go on once the quality gate passes.",
    ),
    "risk.rollout.with_flag": Text(
        "Publique atrás de uma feature flag desligada e ligue aos poucos.",
        "Roll it out behind a feature flag that is off, and switch it on step by step.",
    ),
    "risk.rollback.migration": Text(
        (
            "Voltar não é seguro: a versão anterior pode não funcionar com o banco migrado. Corrija para a frente, ou "
            "prove antes que a versão anterior convive com a migração."
        ),
        (
            "Rolling back is not safe: the version before may not work with the migrated database. Fix forward, or "
            "prove first that the version before can live with the migration."
        ),
    ),
    "risk.rollback.infrastructure": Text(
        "Voltar reaplica a infraestrutura anterior: leia o plano antes, recursos com dados podem ser recriados.",
        "Rolling back applies the infrastructure from before: read the plan first, what holds data may be recreated.",
    ),
    "risk.rollback.flag": Text(
        "Desligue a feature flag; se não bastar, volte à versão anterior.",
        "Switch the feature flag off; should that not do, roll back to the version before.",
    ),
    "risk.rollback.roll_back": Text(
        "Volte à última versão boa com o runbook roll_back.",
        "Roll back to the last good version, runbook roll_back.",
    ),
    "risk.rollback.by_hand": Text(
        "O serviço não tem pipeline registrado: prepare a volta à mão antes de publicar.",
        "The service has no registered pipeline: prepare the way back by hand before you roll out.",
    ),
    "risk.missing.service": Text("o serviço não está no registro", "the service is not in the registry"),
    "risk.missing.ambiguous": Text(
        "mais de um serviço tem este repositório", "more than one service has this repository"
    ),
    "risk.missing.history": Text(
        "o histórico de incidentes não respondeu", "the history of incidents did not answer"
    ),
    "risk.missing.gate": Text("os quality gates não responderam", "the quality gates did not answer"),
    "risk.missing.no_gate": Text(
        "nenhum quality gate julgou este ambiente", "no quality gate has judged this environment"
    ),
    "risk.missing.incidents": Text(
        "a lista de incidentes abertos não respondeu", "the list of open incidents did not answer"
    ),
    "risk.missing.lines": Text(
        "de {count} arquivos ninguém contou as linhas", "of {count} files nobody counted the lines"
    ),
    "risk.missing.more_files": Text(
        "há {count} arquivos além dos julgados", "there are {count} files beside those judged"
    ),
    "risk.missing.not_whole": Text(
        "há mais arquivos do que o Azure DevOps disse", "there are more files than Azure DevOps told"
    ),
}
