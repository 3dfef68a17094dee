// The storage account: the deployed package, the app's documents and events, and the host's own state. No shared keys.
import { placeType } from '../types.bicep'

@description('Region and tags.')
param place placeType

@description('Name of the storage account.')
param accountName string

@description('Object id of the identity that uses it.')
param principalId string

@description('true: Durable Functions keeps its queues and tables here.')
param holdsDurableState bool

@description('Copies in three zones.')
param zoneRedundant bool

@description('How long archived events stay once they are loaded, in days.')
param loadedRetentionDays int

@description('How long refused events stay, in days.')
param rejectedRetentionDays int

var containers = {
  deployments: 'deployments'
  data: 'valueflow'
}
var storageBlobDataOwner = 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
var storageQueueDataContributor = '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
var storageTableDataContributor = '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
// The Functions host itself needs Blob Data Owner on its storage.
var roles = concat(
  [storageBlobDataOwner],
  holdsDurableState ? [storageQueueDataContributor, storageTableDataContributor] : []
)

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: accountName
  location: place.location
  tags: place.tags
  kind: 'StorageV2'
  sku: { name: zoneRedundant ? 'Standard_ZRS' : 'Standard_LRS' }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    networkAcls: { bypass: 'AzureServices', defaultAction: 'Allow' }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-01-01' = {
  parent: account
  name: 'default'
  properties: {
    containerDeleteRetentionPolicy: { enabled: true, days: 7 }
    deleteRetentionPolicy: { enabled: true, days: 7 }
  }
}

resource deployments 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' = {
  parent: blobs
  name: containers.deployments
  properties: { publicAccess: 'None' }
}

resource data 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' = {
  parent: blobs
  name: containers.data
  properties: { publicAccess: 'None' }
}

resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2025-01-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          name: 'delete-loaded'
          type: 'Lifecycle'
          definition: {
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['${containers.data}/loaded/'] }
            actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: loadedRetentionDays } } }
          }
        }
        {
          name: 'delete-rejected'
          type: 'Lifecycle'
          definition: {
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['${containers.data}/rejected/'] }
            actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: rejectedRetentionDays } } }
          }
        }
      ]
    }
  }
  dependsOn: [data]
}

resource mayUse 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in roles: {
    name: guid(account.id, principalId, role)
    scope: account
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
      principalId: principalId
      principalType: 'ServicePrincipal'
    }
  }
]

@description('Name of the account.')
output accountName string = account.name

@description('Address of the blob service, with a slash at its end.')
output blobEndpoint string = account.properties.primaryEndpoints.blob

@description('Address of the queue service.')
output queueEndpoint string = account.properties.primaryEndpoints.queue

@description('Address of the table service.')
output tableEndpoint string = account.properties.primaryEndpoints.table

@description('Container of the deployed package.')
output deploymentContainer string = deployments.name

@description('Container of events and documents.')
output dataContainer string = data.name
