"""Of environments that end: cards and the page that extends them."""

from shared.texts.text import Text

TEXTS = {
    "environment.ends": Text(
        "O ambiente {environment} de {service} termina em {ends_at}",
        "The environment {environment} of {service} ends on {ends_at}",
    ),
    "environment.keep": Text("Para manter", "To keep it"),
    "environment.how": Text(
        ("{name} ou a equipe da plataforma pode prorrogar pelo botão abaixo. Sem isso ele será destruído."),
        ("{name} or the platform team can extend it with the button below. Otherwise it will be destroyed."),
    ),
    "environment.extended": Text(
        "{by} prorrogou o ambiente {environment} de {service} até {ends_at}",
        "{by} extended the environment {environment} of {service} until {ends_at}",
    ),
    "environment.stopped": Text(
        "O ambiente {environment} de {service} foi parado",
        "The environment {environment} of {service} was stopped",
    ),
    "environment.started": Text(
        "O ambiente {environment} de {service} foi iniciado",
        "The environment {environment} of {service} was started",
    ),
    "environment.destroyed": Text(
        "O ambiente {environment} de {service} chegou ao fim e foi destruído",
        "The environment {environment} of {service} has reached its end and was destroyed",
    ),
    "environment.failed": Text(
        "{problem}: {reason}. Nova tentativa: {retry_at}", "{problem}: {reason}. Next try: {retry_at}"
    ),
    "environment.problem.announce": Text(
        "Não foi possível avisar do fim do ambiente {environment} de {service}",
        "The end of the environment {environment} of {service} could not be announced",
    ),
    "environment.problem.extend": Text(
        "Não foi possível registrar a prorrogação do ambiente {environment} de {service}",
        "The extension of the environment {environment} of {service} could not be recorded",
    ),
    "environment.problem.stop": Text(
        "Não foi possível parar o ambiente {environment} de {service}",
        "The environment {environment} of {service} could not be stopped",
    ),
    "environment.problem.start": Text(
        "Não foi possível iniciar o ambiente {environment} de {service}",
        "The environment {environment} of {service} could not be started",
    ),
    "environment.problem.destroy": Text(
        "Não foi possível destruir o ambiente {environment} de {service}",
        "The environment {environment} of {service} could not be destroyed",
    ),
    "environment.page": Text("Ambiente", "Environment"),
    "environment.page.which": Text("Serviço e ambiente", "Service and environment"),
    "environment.page.ends_at": Text("Termina em", "Ends at"),
    "environment.page.never": Text("não termina", "it does not end"),
    "environment.page.until": Text("Manter o ambiente até", "Keep the environment until"),
    "environment.page.choice": Text("{until} (daqui a {hours} h)", "{until} ({hours} h from now)"),
    "environment.page.extended": Text("Prorrogado até {ends_at}.", "Extended until {ends_at}."),
    "environment.page.over": Text(
        "O ambiente já terminou ou não termina: não há o que prorrogar.",
        "The environment has ended or never ends: there is nothing to extend.",
    ),
    "environment.page.not_yours": Text(
        "Só {name}, que o pediu, ou {role} pode prorrogar.",
        "Only {name}, who asked for it, or {role} may extend it.",
    ),
    "environment.page.longest": Text(
        "O ambiente já vai até o limite permitido. Tente mais perto do fim.",
        "The environment already lives as long as is allowed. Try closer to its end.",
    ),
    "environment.state.running": Text("no ar", "running"),
    "environment.state.stopped": Text("parado", "stopped"),
    "environment.state.stopping": Text("parando", "stopping"),
    "environment.state.starting": Text("iniciando", "starting"),
    "environment.state.destroying": Text("sendo destruído", "being destroyed"),
    "environment.state.destroy_failed": Text("a destruição falhou", "its destruction failed"),
    "environment.state.destroyed": Text("destruído", "destroyed"),
}
