// Service Bus: the topic `events` and its subscriptions, as in sandbox/servicebus/Config.json (a test compares the two).
import { placeType } from '../types.bicep'

@description('Region and tags.')
param place placeType

@description('Name of the namespace.')
param namespaceName string

@description('Object id of the identity that publishes and receives.')
param principalId string

@description('Log Analytics workspace of metrics and logs.')
param workspaceId string

var serviceBusDataOwner = '090c5cfd-751d-490a-894a-3ce6f1109419'
var subscriptions = [
  { name: 'archive', lockDuration: 'PT1M', maxDeliveryCount: 10, types: [] }
  { name: 'incidents', lockDuration: 'PT1M', maxDeliveryCount: 5, types: ['problem.opened', 'problem.resolved'] }
  { name: 'demands', lockDuration: 'PT1M', maxDeliveryCount: 10, types: ['demand.created'] }
  { name: 'deliveries', lockDuration: 'PT1M', maxDeliveryCount: 10, types: ['delivery.reported', 'deployment.finished'] }
  { name: 'delivery-notes', lockDuration: 'PT1M', maxDeliveryCount: 10, types: ['gate.decided', 'incident.opened', 'incident.closed', 'deployment.finished'] }
  { name: 'costs', lockDuration: 'PT1M', maxDeliveryCount: 10, types: ['cost.exported'] }
]
var filtered = filter(subscriptions, each => !empty(each.types))
var rules = flatten(map(filtered, each => map(each.types, eventType => { subscription: each.name, type: eventType })))

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: namespaceName
  location: place.location
  tags: place.tags
  sku: { name: 'Standard', tier: 'Standard' }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
  }
}

resource topic 'Microsoft.ServiceBus/namespaces/topics@2024-01-01' = {
  parent: namespace
  name: 'events'
  properties: {
    requiresDuplicateDetection: true
    duplicateDetectionHistoryTimeWindow: 'PT10M'
  }
}

resource subscription 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2024-01-01' = [
  for each in subscriptions: {
    parent: topic
    name: each.name
    properties: {
      lockDuration: each.lockDuration
      maxDeliveryCount: each.maxDeliveryCount
    }
  }
]

// Azure gives each new subscription a rule `$Default` that lets everything pass, and does not always take it back.
@batchSize(1)
resource nothingByDefault 'Microsoft.ServiceBus/namespaces/topics/subscriptions/rules@2024-01-01' = [
  for each in filtered: {
    name: '${namespaceName}/${topic.name}/${each.name}/$Default'
    properties: {
      filterType: 'SqlFilter'
      sqlFilter: { sqlExpression: '1 = 0' }
    }
    dependsOn: [subscription]
  }
]

@batchSize(1)
resource rule 'Microsoft.ServiceBus/namespaces/topics/subscriptions/rules@2024-01-01' = [
  for each in rules: {
    name: '${namespaceName}/${topic.name}/${each.subscription}/${replace(each.type, '.', '-')}'
    properties: {
      filterType: 'CorrelationFilter'
      correlationFilter: { properties: { type: each.type } }
    }
    dependsOn: [nothingByDefault]
  }
]

// Owner, not Receiver and Sender: to scale, the platform reads the subscriptions' message counts as this identity, and
// that takes the Manage claim. The namespace holds this topic alone.
resource mayUse 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(namespace.id, principalId, serviceBusDataOwner)
  scope: namespace
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', serviceBusDataOwner)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: namespace
  properties: {
    workspaceId: workspaceId
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

@description('Resource id of the namespace.')
output namespaceId string = namespace.id

@description('<name>.servicebus.windows.net')
output host string = '${namespace.name}.servicebus.windows.net'

@description('Topic of all events.')
output topicName string = topic.name
