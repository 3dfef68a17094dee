output "resource_group" {
  value = azurerm_resource_group.this.name
}

output "app_name" {
  value = azapi_resource.app.name
}

output "url" {
  value = "https://${azapi_resource.app.output.properties.defaultHostName}"
}
