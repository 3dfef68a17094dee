provider "azurerm" {
  features {
    storage {
      # Everything is made through Azure Resource Manager: the pipeline needs no role on the data.
      data_plane_available = false
    }
  }

  storage_use_azuread             = true
  resource_provider_registrations = "none"
}

data "azurerm_client_config" "current" {}
