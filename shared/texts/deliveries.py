"""Why nobody could match what a tool told, and what to do about it: by reason (docs/delivery-events.md)."""

from shared.texts.text import Text

TEXTS = {
    "unmatched.unregistered": Text(
        "Nenhum serviço está registrado para este lugar. Registre o serviço com ele; será tentado de novo.",
        "No service is registered for this place. Register the service with it; it is tried again.",
    ),
    "unmatched.ambiguous": Text(
        "Mais de um serviço tem este lugar. Deixe-o em um só; será tentado de novo.",
        "More than one service has this place. Leave it with one; it is tried again.",
    ),
    "unmatched.no_environment": Text(
        "Nada diz em que ambiente foi publicado. Defina delivery.environment no serviço; será tentado de novo.",
        "Nothing says which environment it went to. Set the service's delivery.environment; it is tried again.",
    ),
    "unmatched.vendor_away": Text(
        "A ferramenta não respondeu quando foi perguntada. Nada a fazer: será tentado de novo.",
        "The tool did not answer when it was asked. Nothing to do: it is tried again.",
    ),
    "unmatched.not_finished": Text(
        "O Azure DevOps ainda não chegou aonde o seu aviso diz. Nada a fazer: será tentado de novo.",
        "Azure DevOps is not as far yet as its hook says. Nothing to do: it is tried again.",
    ),
    "unmatched.not_there": Text(
        "O Azure DevOps não conhece esta execução. Veja se foi apagada; será tentado de novo.",
        "Azure DevOps knows no such run. See whether it was deleted; it is tried again.",
    ),
    "unmatched.refused": Text(
        "A ferramenta não nos deixa ler isto. Dê a permissão de leitura à identidade do app; será tentado de novo.",
        "The tool lets us not read this. Let the app's identity read it; it is tried again.",
    ),
    "unmatched.other_organisation": Text(
        "O aviso é de outra organização. Mude a assinatura, ou AZURE_DEVOPS_URL.",
        "The hook is of another organisation. Change the subscription, or AZURE_DEVOPS_URL.",
    ),
    "unmatched.no_place": Text(
        "O aviso não diz pipeline, repositório nem serviço. Corrija a ferramenta que o enviou.",
        "The hook names no pipeline, repository or service. Mend the tool that sent it.",
    ),
    "unmatched.no_run_id": Text(
        "O aviso não traz o número da execução. Nada a fazer: o timer encontra a execução.",
        "The hook has no number of a run. Nothing to do: the timer finds the run.",
    ),
    "unmatched.no_resource": Text(
        "O aviso vem sem conteúdo. Na assinatura, envie todos os detalhes do recurso (All).",
        "The hook comes without its content. In its subscription, send all resource details.",
    ),
    "unmatched.incomplete": Text(
        "Falta no aviso o que identifica o evento. Nada a fazer: o timer encontra execuções e pull requests.",
        "The hook lacks what tells its event apart. Nothing to do: the timer finds runs and pull requests.",
    ),
    "unmatched.unknown_version": Text(
        "A versão do recurso não é conhecida. Escolha na assinatura uma versão documentada.",
        "The version of the resource is not known. Choose a documented one in the subscription.",
    ),
    "unmatched.unknown_type": Text(
        "Este tipo de evento não é lido. Tire-o da assinatura, se não serve a mais nada.",
        "This type of event is not read. Take it out of the subscription if nothing else needs it.",
    ),
    "unmatched.unknown_state": Text(
        "O estado no aviso não é conhecido. Nada a fazer: o aviso seguinte ou o timer diz como terminou.",
        "The state in the hook is not known. Nothing to do: the next hook, or the timer, tells how it ended.",
    ),
}
