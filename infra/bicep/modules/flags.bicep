// App Configuration: the feature flags that an approved action may switch. Access by role only, written down.
import { placeType } from '../types.bicep'

@description('Region and tags.')
param place placeType

@description('Name of the store.')
@maxLength(50)
param storeName string

@description('Object id of the identity that switches flags.')
param principalId string

@description('Log Analytics workspace of the audit log.')
param workspaceId string

// The only built-in role that may write, and on this one store.
var appConfigurationDataOwner = '5ae67dd6-50cb-40e7-96ff-dc2bfa4b606b'

resource store 'Microsoft.AppConfiguration/configurationStores@2024-05-01' = {
  name: storeName
  location: place.location
  tags: place.tags
  sku: { name: 'standard' }
  properties: {
    disableLocalAuth: true
    enablePurgeProtection: true
    softDeleteRetentionInDays: 7
  }
}

resource maySwitch 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(store.id, principalId, appConfigurationDataOwner)
  scope: store
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', appConfigurationDataOwner)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: store
  properties: {
    workspaceId: workspaceId
    logs: [{ categoryGroup: 'audit', enabled: true }]
  }
}

@description('Address of the store.')
output endpoint string = store.properties.endpoint
