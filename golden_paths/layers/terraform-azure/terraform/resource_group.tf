resource "azurerm_resource_group" "this" {
  name     = "rg-${local.service}-${local.short}"
  location = var.location
  tags     = local.tags
}
