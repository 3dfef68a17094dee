"""Of actions: what each one does, why none is proposed, how carrying one out went."""

from shared.texts.text import Text

TEXTS = {
    "action.roll_back": Text(
        "voltar {service} à execução {run_id} ({commit}), no lugar da execução {replaces_run_id} ({replaces_commit})",
        "roll {service} back to run {run_id} ({commit}), in place of run {replaces_run_id} ({replaces_commit})",
    ),
    "action.redeploy": Text(
        "reimplantar {service} como na execução {run_id} ({commit})",
        "redeploy {service} as in run {run_id} ({commit})",
    ),
    "action.restart": Text("reiniciar {service}{where} ({way})", "restart {service}{where} ({way})"),
    "action.scale_out": Text(
        "escalar {service}{where} para {instances} instâncias por {for_minutes} min, depois {back_to}",
        "scale {service}{where} out to {instances} instances for {for_minutes} min, then {back_to}",
    ),
    "action.scale_back": Text(
        "voltar {service}{where} a {instances} instâncias",
        "scale {service}{where} back to {instances} instances",
    ),
    "action.disable_feature_flag": Text(
        "desligar a funcionalidade {flag}{label} de {service}",
        "switch feature {flag}{label} of {service} off",
    ),
    "action.enable_feature_flag": Text(
        "religar a funcionalidade {flag}{label} de {service}",
        "switch feature {flag}{label} of {service} on again",
    ),
    "action.run_pipeline": Text(
        "executar o pipeline {pipeline} de {service} ({parameters})",
        "run pipeline {pipeline} of {service} ({parameters})",
    ),
    "action.where": Text(" em {environment}", " in {environment}"),
    "handed_over.unknown_cause": Text(
        "as evidências não apontam uma causa", "the evidence points to no cause"
    ),
    "handed_over.elsewhere": Text(
        "a causa provável está em outro componente", "the probable cause lies in another component"
    ),
    "handed_over.no_runbook": Text("nenhum runbook responde a esta causa", "no runbook answers this cause"),
    "handed_over.no_flag": Text(
        "nenhuma funcionalidade ligada foi indicada para esta causa",
        "no feature that is on was named for this cause",
    ),
    "handed_over.no_pipeline": Text(
        "nenhum pipeline foi indicado para esta causa", "no pipeline was named for this cause"
    ),
    "handed_over.no_instances": Text(
        "o dono não disse até quantas instâncias se pode escalar",
        "the owner has not said how many instances there may be",
    ),
    "handed_over.same_action": Text(
        "a ação é a que já está proposta", "the action is the one proposed already"
    ),
    "handed_over.other_instances": Text(
        "o dono permite outros números de instâncias (automation.instances)",
        "the owner allows other numbers of instances (automation.instances)",
    ),
    "handed_over.no_environment": Text(
        "não se sabe em qual ambiente agir", "it is not known in which environment to act"
    ),
    "handed_over.repeated": Text(
        "a mesma ação já foi feita duas vezes em 24 h para este problema",
        "the same action was done twice within 24 h for this problem already",
    ),
    "handed_over.frozen": Text(
        "há um congelamento de mudanças que não permite a ação",
        "a change freeze is on that does not allow the action",
    ),
    "handed_over.busy": Text(
        "outra ação está em curso no serviço", "another action on the service is under way"
    ),
    "handed_over.not_in_catalogue": Text(
        "a ação não está no catálogo ou seus parâmetros não são válidos",
        "the action is not in the catalogue, or its parameters are not valid",
    ),
    "handed_over.another_pipeline": Text(
        "o pipeline não é o do serviço", "the pipeline is not the service's"
    ),
    "handed_over.not_listed": Text(
        "o pipeline não está na lista do serviço com estes parâmetros",
        "the pipeline is not on the service's list with these parameters",
    ),
    "handed_over.parameters_refused": Text(
        "o pipeline não aceita estes parâmetros", "the pipeline does not take these parameters"
    ),
    "handed_over.run_not_good": Text(
        "a execução não existe ou não terminou bem", "the run does not exist or did not succeed"
    ),
    "handed_over.deployed_since": Text(
        "outra versão foi implantada desde então", "another version was deployed since"
    ),
    "handed_over.run_under_way": Text(
        "uma execução do pipeline está em curso", "a run of the pipeline is under way"
    ),
    "handed_over.environment_changes": Text(
        "o ambiente não está em execução ou está mudando", "the environment does not run, or is changing"
    ),
    "handed_over.no_flag_store": Text(
        "o Azure App Configuration não está configurado", "Azure App Configuration is not set up"
    ),
    "handed_over.flag_changed": Text(
        "a funcionalidade mudou ou não existe mais", "the feature flag has changed or is gone"
    ),
    "handed_over.flag_locked": Text(
        "a funcionalidade está bloqueada no Azure App Configuration",
        "the feature flag is locked in Azure App Configuration",
    ),
    "handed_over.no_undo": Text("esta ação não tem volta", "nothing takes this action back"),
    "handed_over.by_itself": Text("a ação volta por si mesma", "the action takes itself back"),
    "handed_over.needs_more": Text(
        "a esta hora a ação precisa de mais pessoas do que as que aprovaram",
        "at this hour the action needs more people than have approved",
    ),
    "handed_over.state_unknown": Text(
        "não foi possível verificar o estado atual", "the present state could not be looked at"
    ),
    "note.action_changed": Text("Nada foi executado: {reason}.", "Nothing was run: {reason}."),
    "note.automatic": Text(
        "Executada sem aprovação, como o dono e a política {rules} permitem: {action}",
        "Done without an approval, as the owner and policy {rules} allow: {action}",
    ),
    "note.flag_switched": Text(
        "Funcionalidade {flag} alterada no Azure App Configuration.",
        "Feature {flag} switched in Azure App Configuration.",
    ),
    "note.stopped_only": Text(
        "O serviço pode estar parado: a execução que o iniciaria não terminou bem ({reason}).",
        "The service may be stopped: the run that would start it did not end well ({reason}).",
    ),
    "note.undo_offered": Text("Desfazer pode ser aprovado: {action}", "Undoing can be approved: {action}"),
    "note.undo_not_possible": Text("Nada a desfazer: {reason}.", "Nothing to undo: {reason}."),
    "note.undone": Text("Desfeito: {action}", "Undone: {action}"),
    "note.undo_declined": Text("Não foi desfeito: ninguém aprovou.", "Not undone: nobody approved."),
    "note.undo_failed": Text(
        "Desfazer não terminou bem: {reason}. É preciso uma pessoa.",
        "Undoing did not end well: {reason}. A person is needed.",
    ),
    "do.plan_action": Text("escolher a ação", "choose the action"),
    "do.begin_action": Text("verificar se a ação ainda vale", "check that the action still holds"),
    "do.switch_flag": Text("alterar a funcionalidade", "switch the feature flag"),
    "do.start_run_stop": Text("iniciar a parada", "start the stop"),
    "do.await_run_stop": Text("aguardar a parada", "await the stop"),
    "do.start_run_start": Text("iniciar a partida", "start the start"),
    "do.await_run_start": Text("aguardar a partida", "await the start"),
    "do.start_run_start_again": Text("iniciar a partida outra vez", "start the start again"),
    "do.await_run_start_again": Text("aguardar a partida outra vez", "await the start again"),
    "do.end_action": Text("registrar a ação", "record the action"),
    "do.plan_undo": Text("ver como desfazer", "see how to undo"),
    "do.ask_undo": Text("pedir aprovação para desfazer", "ask to undo"),
    "do.await_undo": Text("aguardar a decisão de desfazer", "await the decision to undo"),
    "do.begin_action_undo": Text("verificar se ainda se pode desfazer", "check that undoing still holds"),
    "do.start_run_undo": Text("iniciar a execução que desfaz", "start the run that undoes"),
    "do.await_run_undo": Text("aguardar a execução que desfaz", "await the run that undoes"),
    "do.switch_flag_undo": Text("religar a funcionalidade", "switch the feature flag back"),
    "do.end_action_undo": Text("registrar que foi desfeito", "record the undoing"),
    "do.hold_scale": Text("manter a escala", "hold the scale"),
    "do.start_run_scale_back": Text("iniciar a volta da escala", "start scaling back"),
    "do.await_run_scale_back": Text("aguardar a volta da escala", "await scaling back"),
}
