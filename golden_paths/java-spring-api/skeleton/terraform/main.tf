locals {
  # 3 to 24 characters, unique in all of Azure.
  key_vault = "kv${substr(replace(local.service, "-", ""), 0, 14)}${local.short}${local.unique}"

  log_retention_days = var.environment == "production" ? 90 : 30
}

# Secrets of the service, read by its pods as their own identity: none is written into a manifest or a pipeline.
resource "azurerm_key_vault" "this" {
  # checkov:skip=CKV_AZURE_42:production alone keeps what was deleted; elsewhere destroy leaves nothing behind
  # checkov:skip=CKV_AZURE_110:production alone keeps what was deleted; elsewhere destroy leaves nothing behind
  name                          = local.key_vault
  resource_group_name           = azurerm_resource_group.this.name
  location                      = azurerm_resource_group.this.location
  tenant_id                     = data.azurerm_client_config.current.tenant_id
  sku_name                      = "standard"
  rbac_authorization_enabled    = true
  purge_protection_enabled      = var.environment == "production"
  soft_delete_retention_days    = var.environment == "production" ? 90 : 7
  public_network_access_enabled = false
  tags                          = local.tags

  network_acls {
    bypass         = "None"
    default_action = "Deny"
  }
}

resource "azurerm_role_assignment" "workload_reads_secrets" {
  scope                = azurerm_key_vault.this.id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = azurerm_user_assigned_identity.workload.principal_id
  principal_type       = "ServicePrincipal"
}

# The vault's address in the cluster's network. The landing zone's policy enters it into the private DNS zone.
resource "azurerm_private_endpoint" "key_vault" {
  name                = "pe-${local.key_vault}"
  resource_group_name = azurerm_resource_group.this.name
  location            = data.azurerm_kubernetes_cluster.this.location
  subnet_id           = data.azurerm_kubernetes_cluster.this.agent_pool_profile[0].vnet_subnet_id
  tags                = local.tags

  private_service_connection {
    name                           = "vault"
    private_connection_resource_id = azurerm_key_vault.this.id
    subresource_names              = ["vault"]
    is_manual_connection           = false
  }

  lifecycle {
    ignore_changes = [private_dns_zone_group]
  }
}

resource "azurerm_log_analytics_workspace" "this" {
  name                = "log-${local.service}-${local.short}"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  sku                 = "PerGB2018"
  retention_in_days   = local.log_retention_days
  daily_quota_gb      = 1
  tags                = local.tags
}

# Who read which secret, and when.
resource "azurerm_monitor_diagnostic_setting" "key_vault" {
  name                       = "audit"
  target_resource_id         = azurerm_key_vault.this.id
  log_analytics_workspace_id = azurerm_log_analytics_workspace.this.id

  enabled_log {
    category_group = "audit"
  }
}
