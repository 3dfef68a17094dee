"""The names of the simulated vendors, as settings, ports and the page know them."""

NAMES = (
    "dynatrace",
    "servicenow",
    "azure_devops",
    "github",
    "teams",
    "openai",
    "entra",
    "app_configuration",
)
