output "resource_group" {
  value = azurerm_resource_group.this.name
}

output "key_vault_uri" {
  value = azurerm_key_vault.this.vault_uri
}
