# The cluster and the registry are the platform's, one of each per environment: found by their tag, never named here.
data "azurerm_resources" "clusters" {
  type          = "Microsoft.ContainerService/managedClusters"
  required_tags = { purpose = "services" }
}

data "azurerm_resources" "registries" {
  type          = "Microsoft.ContainerRegistry/registries"
  required_tags = { purpose = "services" }
}

data "azurerm_kubernetes_cluster" "this" {
  name                = one(data.azurerm_resources.clusters.resources).name
  resource_group_name = one(data.azurerm_resources.clusters.resources).resource_group_name
}

data "azurerm_container_registry" "this" {
  name                = one(data.azurerm_resources.registries.resources).name
  resource_group_name = one(data.azurerm_resources.registries.resources).resource_group_name
}

# What the pods are in Azure: give this identity roles, never a secret.
resource "azurerm_user_assigned_identity" "workload" {
  name                = "id-${local.service}-${local.short}"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tags                = local.tags
}

resource "azurerm_federated_identity_credential" "workload" {
  name                = "kubernetes"
  resource_group_name = azurerm_resource_group.this.name
  parent_id           = azurerm_user_assigned_identity.workload.id
  audience            = ["api://AzureADTokenExchange"]
  issuer              = data.azurerm_kubernetes_cluster.this.oidc_issuer_url
  subject             = "system:serviceaccount:${local.service}:${local.service}"
}

output "cluster_name" {
  value = data.azurerm_kubernetes_cluster.this.name
}

output "cluster_resource_group" {
  value = data.azurerm_kubernetes_cluster.this.resource_group_name
}

output "registry_name" {
  value = data.azurerm_container_registry.this.name
}

output "registry_login_server" {
  value = data.azurerm_container_registry.this.login_server
}

output "workload_client_id" {
  value = azurerm_user_assigned_identity.workload.client_id
}
