terraform {
  required_version = ">= 1.11.0, < 2.0.0"

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "4.76.0"
    }
    azapi = {
      source  = "azure/azapi"
      version = "2.3.0"
    }
  }

  # The pipeline names the storage account, the container and the key: pipelines/terraform.sh.
  backend "azurerm" {
    use_azuread_auth = true
  }
}
