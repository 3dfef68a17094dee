output "resource_group" {
  value = azurerm_resource_group.this.name
}

output "static_web_app" {
  value = azurerm_static_web_app.this.name
}

output "host_name" {
  value = azurerm_static_web_app.this.default_host_name
}
