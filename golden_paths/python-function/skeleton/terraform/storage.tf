# The deployed package, the host's own state and the items. No keys: only identities get in.
resource "azurerm_storage_account" "this" {
  #checkov:skip=CKV_AZURE_33:Classic queue logging; the host keeps its own state in these queues
  #checkov:skip=CKV_AZURE_59:Identities only, neither keys nor anonymous access; the app has no network of its own
  #checkov:skip=CKV_AZURE_206:One zone outside production, three in it (environments/production.tfvars)
  #checkov:skip=CKV2_AZURE_1:Microsoft's keys, and infrastructure encryption
  #checkov:skip=CKV2_AZURE_33:The app has no network of its own

  name                = local.storage_account
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tags                = local.tags

  account_kind             = "StorageV2"
  account_tier             = "Standard"
  account_replication_type = var.storage_replication

  https_traffic_only_enabled        = true
  min_tls_version                   = "TLS1_2"
  shared_access_key_enabled         = false
  default_to_oauth_authentication   = true
  allow_nested_items_to_be_public   = false
  cross_tenant_replication_enabled  = false
  local_user_enabled                = false
  infrastructure_encryption_enabled = true

  blob_properties {
    versioning_enabled = true

    delete_retention_policy {
      days = 7
    }

    container_delete_retention_policy {
      days = 7
    }
  }
}

resource "azurerm_storage_container" "deployments" {
  #checkov:skip=CKV2_AZURE_21:It holds the deployed package only

  name                  = "deployments"
  storage_account_id    = azurerm_storage_account.this.id
  container_access_type = "private"
}

resource "azapi_resource" "items" {
  type      = "Microsoft.Storage/storageAccounts/tableServices/tables@2023-05-01"
  name      = "items"
  parent_id = "${azurerm_storage_account.this.id}/tableServices/default"
  body      = { properties = {} }
}
