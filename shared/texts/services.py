"""Of a service that is made or ended: its change, its facts, what could not be."""

from shared.texts.text import Text

TEXTS = {
    "run.failed": Text("a execução {run_id} terminou como {result}", "run {run_id} ended as {result}"),
    "run.timed_out": Text("a execução {run_id} não terminou a tempo", "run {run_id} did not end in time"),
    "provision.title": Text("Novo serviço {service}", "New service {service}"),
    "provision.commit": Text(
        "Criado pelo golden path {path} {version}", "Made by the golden path {path} {version}"
    ),
    "provision.done": Text("O serviço {service} está pronto", "The service {service} is ready"),
    "change.provision": Text(
        "A plataforma vai criar o serviço pedido. {facts}\n\n{operation}",
        "The platform is about to make the service that was asked for. {facts}\n\n{operation}",
    ),
    "change.decommission": Text(
        "A plataforma vai encerrar o serviço, depois de aprovado.\n\n{operation}",
        "The platform is about to end the service, once that is approved.\n\n{operation}",
    ),
    "change.done": Text("Concluído pela plataforma: {operation}", "Done by the platform: {operation}"),
    "change.undone": Text(
        "Nada foi mantido: a operação foi desfeita pela plataforma.",
        "Nothing was kept: the platform has undone the operation.",
    ),
    "decommission.title": Text("Encerrar o serviço {service}", "End the service {service}"),
    "decommission.done": Text(
        "O serviço {service} foi encerrado; o repositório está arquivado.",
        "The service {service} has ended; its repository is archived.",
    ),
    "decommission.failed": Text(
        (
            "O serviço {service} não pôde ser encerrado por inteiro: {reason}. Peça de novo o "
            "encerramento para continuar de onde parou."
        ),
        (
            "The service {service} could not be ended completely: {reason}. Ask for its end again"
            " to go on from there."
        ),
    ),
    "decommission.incident": Text(
        "Encerramento incompleto do serviço {service}", "Incomplete end of the service {service}"
    ),
    "undone.compensated": Text(
        "O serviço {service} não pôde ser criado e nada ficou para trás: {reason}",
        "The service {service} could not be made, and nothing was left behind: {reason}",
    ),
    "undone.cancelled": Text(
        "O pedido sobre o serviço {service} foi cancelado e nada ficou para trás. {reason}",
        ("The request about the service {service} was cancelled, and nothing was left behind. {reason}"),
    ),
    "undone.refuse": Text(
        "O pedido sobre o serviço {service} foi recusado e nada ficou para trás.",
        "The request about the service {service} was refused, and nothing was left behind.",
    ),
    "undone.expired": Text(
        ("Ninguém decidiu a tempo sobre o serviço {service}: vale como recusa. Nada ficou para trás."),
        (
            "Nobody decided in time about the service {service}: that counts as a refusal. "
            "Nothing was left behind."
        ),
    ),
    "undone.compensation_failed": Text(
        "O serviço {service} não pôde ser criado, e nem tudo pôde ser desfeito: {reason}",
        "The service {service} could not be made, and not all could be undone: {reason}",
    ),
    "kept.compensated": Text(
        "O encerramento do serviço {service} não começou, e o serviço está como antes: {reason}",
        "The end of the service {service} did not begin, and it stands as before: {reason}",
    ),
    "kept.cancelled": Text(
        "O encerramento do serviço {service} foi cancelado, e o serviço está como antes. {reason}",
        "The end of the service {service} was cancelled, and it stands as before. {reason}",
    ),
    "kept.refuse": Text(
        "O encerramento do serviço {service} foi recusado, e o serviço está como antes.",
        "The end of the service {service} was refused, and it stands as before.",
    ),
    "kept.expired": Text(
        "Ninguém decidiu a tempo sobre o encerramento do serviço {service}: vale como recusa. Está como antes.",
        (
            "Nobody decided in time about the end of the service {service}: that counts as a refusal. "
            "It stands as before."
        ),
    ),
    "kept.compensation_failed": Text(
        "O serviço {service} está como antes, mas o registro do pedido de encerramento não pôde ser desfeito: {reason}",
        "The service {service} stands as before, but the record of the request to end it could not be undone: {reason}",
    ),
    "change.failed": Text(
        "Interrompido: nem tudo pôde ser feito. {reason}\n\n{operation}",
        "Stopped: not all could be done. {reason}\n\n{operation}",
    ),
    "undone.incident": Text(
        "Restos do serviço {service} a desfazer", "Remains of the service {service} to undo"
    ),
    "undone.incident_text": Text(
        (
            "A plataforma não conseguiu desfazer tudo. Operação: {operation}\n"
            "\n"
            "Falta:\n"
            "{left}\n"
            "\n"
            "Depois de remover o impedimento: POST /api/operations/{operation}/retry-compensation"
        ),
        (
            "The platform could not undo everything. Operation: {operation}\n"
            "\n"
            "Still there:\n"
            "{left}\n"
            "\n"
            "Once the obstacle is gone: POST /api/operations/{operation}/retry-compensation"
        ),
    ),
    "run.failed_at": Text(
        "a execução {run_id} falhou no estágio {stage}", "run {run_id} failed at the stage {stage}"
    ),
    "fact.golden_path": Text("Golden path", "Golden path"),
    "fact.environment": Text("Ambiente", "Environment"),
    "fact.environments": Text("Ambientes a destruir", "Environments to destroy"),
    "fact.product": Text("Produto", "Product"),
    "fact.owner": Text("Time", "Team"),
    "fact.cost_center": Text("Centro de custo", "Cost centre"),
    "fact.monthly_brl": Text(
        "Custo mensal estimado (EffectiveCost)", "Estimated cost per month (EffectiveCost)"
    ),
    "fact.requested_by": Text("Pedido por", "Asked for by"),
    "fact.ends": Text("Termina", "Ends"),
    "fact.stays": Text("Fica como está", "Stays as it is"),
}
