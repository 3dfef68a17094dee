# The function app, as its one identity: Flex Consumption, no keys, no publishing passwords.
resource "azurerm_user_assigned_identity" "app" {
  name                = "id-${local.service}-${local.short}"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tags                = local.tags
}

resource "azurerm_role_assignment" "storage" {
  for_each = toset([
    "Storage Blob Data Owner",
    "Storage Queue Data Contributor",
    "Storage Table Data Contributor",
  ])

  scope                = azurerm_storage_account.this.id
  role_definition_name = each.value
  principal_id         = azurerm_user_assigned_identity.app.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "telemetry" {
  scope                = azurerm_application_insights.this.id
  role_definition_name = "Monitoring Metrics Publisher"
  principal_id         = azurerm_user_assigned_identity.app.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_service_plan" "this" {
  #checkov:skip=CKV_AZURE_212:Flex Consumption scales from zero
  #checkov:skip=CKV_AZURE_225:One zone outside production, three in it (environments/production.tfvars)

  name                   = "asp-${local.service}-${local.short}"
  resource_group_name    = azurerm_resource_group.this.name
  location               = azurerm_resource_group.this.location
  tags                   = local.tags
  os_type                = "Linux"
  sku_name               = "FC1"
  zone_balancing_enabled = var.zone_redundant
}

locals {
  app_settings = {
    AzureWebJobsStorage__blobServiceUri       = azurerm_storage_account.this.primary_blob_endpoint
    AzureWebJobsStorage__queueServiceUri      = azurerm_storage_account.this.primary_queue_endpoint
    AzureWebJobsStorage__tableServiceUri      = azurerm_storage_account.this.primary_table_endpoint
    AzureWebJobsStorage__credential           = "managedidentity"
    AzureWebJobsStorage__clientId             = azurerm_user_assigned_identity.app.client_id
    APPLICATIONINSIGHTS_CONNECTION_STRING     = azurerm_application_insights.this.connection_string
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING = "ClientId=${azurerm_user_assigned_identity.app.client_id};Authorization=AAD"
    PYTHON_ENABLE_OPENTELEMETRY               = "true"
    OTEL_SERVICE_NAME                         = local.service
    OTEL_RESOURCE_ATTRIBUTES                  = "deployment.environment.name=${var.environment}"
    AZURE_CLIENT_ID                           = azurerm_user_assigned_identity.app.client_id
    ITEMS_TABLE_SERVICE_URL                   = azurerm_storage_account.this.primary_table_endpoint
  }
}

# azapi, because azurerm_function_app_flex_consumption writes an AzureWebJobsStorage connection string of its own beside
# the identity's settings, and the host then fails to start: hashicorp/terraform-provider-azurerm#29693.
resource "azapi_resource" "app" {
  type      = "Microsoft.Web/sites@2024-04-01"
  name      = "func-${local.service}-${local.short}-${local.unique}"
  parent_id = azurerm_resource_group.this.id
  location  = azurerm_resource_group.this.location
  tags      = local.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.app.id]
  }

  body = {
    kind = "functionapp,linux"
    properties = {
      serverFarmId              = azurerm_service_plan.this.id
      httpsOnly                 = true
      keyVaultReferenceIdentity = azurerm_user_assigned_identity.app.id
      siteConfig = {
        minTlsVersion    = "1.2"
        scmMinTlsVersion = "1.2"
        http20Enabled    = true
        healthCheckPath  = "/api/health"
        appSettings      = [for name, value in local.app_settings : { name = name, value = value }]
      }
      functionAppConfig = {
        runtime = { name = "python", version = "3.13" }
        deployment = {
          storage = {
            type  = "blobContainer"
            value = "${azurerm_storage_account.this.primary_blob_endpoint}${azurerm_storage_container.deployments.name}"
            authentication = {
              type                           = "UserAssignedIdentity"
              userAssignedIdentityResourceId = azurerm_user_assigned_identity.app.id
            }
          }
        }
        scaleAndConcurrency = {
          instanceMemoryMB     = var.instance_memory_mb
          maximumInstanceCount = var.maximum_instance_count
        }
      }
    }
  }

  response_export_values = ["properties.defaultHostName"]

  depends_on = [azurerm_role_assignment.storage, azapi_resource.items]
}

resource "azapi_resource" "no_basic_authentication" {
  for_each = toset(["scm", "ftp"])

  type      = "Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01"
  name      = each.value
  parent_id = azapi_resource.app.id
  body      = { properties = { allow = false } }
}
