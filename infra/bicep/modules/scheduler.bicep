// Durable Task Scheduler: keeps the state of orchestrations where durableBackend is azureManaged.
import { placeType } from '../types.bicep'

@description('Region and tags.')
param place placeType

@description('Name of the scheduler.')
param schedulerName string

@description('Object id of the identity that uses it.')
param principalId string

var durableTaskDataContributor = '0ad04412-c4d5-4796-b79c-f76d14c8d402'

resource scheduler 'Microsoft.DurableTask/schedulers@2025-11-01' = {
  name: schedulerName
  location: place.location
  tags: place.tags
  properties: {
    sku: { name: 'Consumption' }
    // An empty list shuts everybody out; who may enter is decided by role.
    ipAllowlist: ['0.0.0.0/0']
  }
}

resource hub 'Microsoft.DurableTask/schedulers/taskHubs@2025-11-01' = {
  parent: scheduler
  name: 'valueflow'
}

resource mayUse 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(scheduler.id, principalId, durableTaskDataContributor)
  scope: scheduler
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', durableTaskDataContributor)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

@description('Address of the scheduler.')
output endpoint string = scheduler.properties.endpoint

@description('Name of the task hub.')
output taskHub string = hub.name
