"""The app: reads its settings, registers its blueprints, nothing else."""

import azure.durable_functions as df

from functions.delivery import (
    change_risk,
    corrections,
    deliveries,
    delivery_notes,
    deployments,
    pulling_work_items,
    quality_gates,
    reconciling_deliveries,
    scorecards,
)
from functions.incidents import follow_ups, knowledge, problems, reconciling, watching
from functions.operations import approvals, operation_actions, operations
from functions.platform import archive, dead_letters, health, openapi, warehouse, webhooks
from functions.services import catalog, decommissioning, environments, golden_paths, registry, tending
from orchestrations import (
    decommission_service,
    evaluate_gate,
    follow_up,
    provision_service,
    record_recovery,
    remediate_problem,
    retry_compensation,
    tell_anomaly,
    tend_environment,
    tend_forecast,
)
from orchestrations.activities import (
    actions,
    assistant,
    azure_devops,
    dynatrace,
    evidence_azure_devops,
    evidence_costs,
    evidence_dynatrace,
    evidence_logs,
    evidence_metrics,
    evidence_servicenow,
    gates,
    monitoring,
    pipelines,
    platform,
    records,
    recovery,
    registering,
    repositories,
    servicenow,
    teams,
)
from orchestrations.activities import environments as tended
from orchestrations.activities import follow_ups as followed
from orchestrations.activities import knowledge as remembered
from orchestrations.activities import watching as watched
from shared.logs import redact_logs
from shared.settings import settings

settings()
redact_logs()

app = df.DFApp()

for module in (
    webhooks,
    problems,
    reconciling,
    pulling_work_items,
    reconciling_deliveries,
    deliveries,
    deployments,
    archive,
    warehouse,
    operations,
    operation_actions,
    approvals,
    golden_paths,
    decommissioning,
    environments,
    tending,
    watching,
    registry,
    scorecards,
    catalog,
    change_risk,
    delivery_notes,
    corrections,
    dead_letters,
    knowledge,
    health,
    openapi,
    remediate_problem,
    record_recovery,
    provision_service,
    decommission_service,
    retry_compensation,
    tend_environment,
    tended,
    tell_anomaly,
    tend_forecast,
    watched,
    follow_ups,
    follow_up,
    followed,
    repositories,
    pipelines,
    monitoring,
    records,
    registering,
    dynatrace,
    recovery,
    evidence_azure_devops,
    evidence_costs,
    evidence_dynatrace,
    evidence_logs,
    evidence_metrics,
    evidence_servicenow,
    remembered,
    azure_devops,
    actions,
    servicenow,
    teams,
    assistant,
    platform,
    quality_gates,
    evaluate_gate,
    gates,
):
    app.register_functions(module.bp)
