// Key Vault: the app's secrets, read through references in its settings. Access by role only.
import { placeType } from '../types.bicep'

@description('Region and tags.')
param place placeType

@description('Name of the vault.')
@maxLength(24)
param vaultName string

@description('Object id of the identity that reads the secrets.')
param principalId string

@description('Log Analytics workspace of the audit log.')
param workspaceId string

@description('Secrets to write, by name. Others stay as they are.')
@secure()
param secretValues object

var keyVaultSecretsUser = '4633458b-17de-408a-b874-0445c86b69e6'

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: vaultName
  location: place.location
  tags: place.tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enablePurgeProtection: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
  }
}

resource secret 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = [
  for each in items(secretValues): {
    parent: vault
    name: each.key
    properties: { value: each.value }
  }
]

resource mayRead 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, principalId, keyVaultSecretsUser)
  scope: vault
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', keyVaultSecretsUser)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logs: [{ categoryGroup: 'audit', enabled: true }]
  }
}

@description('Name of the vault.')
output vaultName string = vault.name

@description('Address of the vault, with a slash at its end.')
output uri string = vault.properties.vaultUri
