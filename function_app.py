"""The app: reads its settings, registers its blueprints, nothing else."""

import azure.durable_functions as df

from functions import (
    approvals,
    archive,
    catalog,
    dead_letters,
    decommissioning,
    golden_paths,
    health,
    openapi,
    operation_actions,
    operations,
    problems,
    registry,
    warehouse,
    webhooks,
)
from orchestrations import (
    decommission_service,
    provision_service,
    record_recovery,
    remediate_problem,
    retry_compensation,
)
from orchestrations.activities import (
    assistant,
    azure_devops,
    dynatrace,
    monitoring,
    pipelines,
    platform,
    records,
    registering,
    repositories,
    servicenow,
    teams,
)
from shared.settings import settings

settings()

app = df.DFApp()

for module in (
    webhooks,
    problems,
    archive,
    warehouse,
    operations,
    operation_actions,
    approvals,
    golden_paths,
    decommissioning,
    registry,
    catalog,
    dead_letters,
    health,
    openapi,
    remediate_problem,
    record_recovery,
    provision_service,
    decommission_service,
    retry_compensation,
    repositories,
    pipelines,
    monitoring,
    records,
    registering,
    dynatrace,
    azure_devops,
    servicenow,
    teams,
    assistant,
    platform,
):
    app.register_functions(module.bp)
