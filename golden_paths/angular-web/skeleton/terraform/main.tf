locals {
  # Free has no service level agreement; people depend on production.
  tier = var.environment == "production" ? "Standard" : "Free"
}

# Served from the edge everywhere; managed from one of five regions, none of them in Brazil. It holds what every browser
# may read and no personal data.
resource "azurerm_static_web_app" "this" {
  name                               = "swa-${local.service}-${local.short}"
  resource_group_name                = azurerm_resource_group.this.name
  location                           = "eastus2"
  sku_tier                           = local.tier
  sku_size                           = local.tier
  preview_environments_enabled       = false
  configuration_file_changes_enabled = true
  tags                               = local.tags
}
