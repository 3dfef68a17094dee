"""The app: reads its settings, registers its blueprints, nothing else."""

import azure.durable_functions as df

from functions import (
    approvals,
    archive,
    catalog,
    dead_letters,
    health,
    openapi,
    operations,
    problems,
    registry,
    warehouse,
    webhooks,
)
from orchestrations import record_recovery, remediate_problem
from orchestrations.activities import assistant, azure_devops, dynatrace, platform, servicenow, teams
from shared.settings import settings

settings()

app = df.DFApp()

for module in (
    webhooks,
    problems,
    archive,
    warehouse,
    operations,
    approvals,
    registry,
    catalog,
    dead_letters,
    health,
    openapi,
    remediate_problem,
    record_recovery,
    dynatrace,
    azure_devops,
    servicenow,
    teams,
    assistant,
    platform,
):
    app.register_functions(module.bp)
