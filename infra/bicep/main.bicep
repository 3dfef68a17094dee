// ValueFlow on Azure: one resource group, one Flex Consumption function app and what it stands on.
// How to deploy: docs/deploy.md. Every app setting is described in shared/settings.py.
targetScope = 'resourceGroup'

import { systemsType } from 'types.bicep'

@description('Region of all resources. Flex Consumption must be offered there.')
param location string = resourceGroup().location

@description('Base of all names.')
@minLength(3)
@maxLength(11)
param workload string = 'valueflow'

@description('Stage, part of all names: dev, test, prod.')
@minLength(2)
@maxLength(8)
param environmentName string

@description('Team that answers for it, as a tag.')
param owner string

@description('Cost centre that pays for it, as a tag.')
param costCenter string

@description('Product it belongs to, as a tag.')
param product string = 'developer-platform'

@description('The systems the app talks to.')
param systems systemsType

@description('Address people and webhooks use. Empty: the function app\'s own host name.')
param publicUrl string = ''

@description('Values to write into Key Vault, by secret name (main.bicepparam lists the names). Left out: the vault keeps what it has.')
@secure()
param secretValues object = {}

@description('Settings of shared/settings.py that shall differ from their defaults there, by name: { DEFAULT_LANGUAGE: \'en\' }.')
param optionalSettings object = {}

@description('Keeps the state of orchestrations: Azure Storage, or a Durable Task Scheduler (docs/deploy.md says what host.json needs then).')
@allowed(['azureStorage', 'azureManaged'])
param durableBackend string = 'azureStorage'

@description('Azure OpenAI account the managed identity may use. Empty: none.')
param openAiAccountName string = ''

@description('Resource group of that account.')
param openAiResourceGroup string = resourceGroup().name

@description('Make an App Configuration store of feature flags, which runbooks may then switch off (docs/runbooks.md).')
param hasFlagStore bool = false

@description('Instances that are always warm for HTTP: a webhook must not wait for a cold start.')
@minValue(0)
param alwaysReadyHttp int = 1

@description('Most instances the app may have.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Memory of an instance, in MB.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Spread over availability zones: zone-redundant plan and storage.')
param zoneRedundant bool = false

@description('How long logs are kept, in days.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

@description('How long archived events stay in Blob once the warehouse has them, in days.')
@minValue(1)
param loadedRetentionDays int = 30

@description('How long events the warehouse refused stay in Blob, in days.')
@minValue(1)
param rejectedRetentionDays int = 90

@description('Who gets alerts and budget warnings.')
@minLength(1)
param alertEmails string[]

@description('Monthly budget of the resource group, in the billing currency. 0: none.')
@minValue(0)
param budgetAmount int = 0

@description('First day of the budget, which Azure does not let change later: the first of a month, 2026-12-01.')
param budgetStartDate string = ''

var token = uniqueString(resourceGroup().id, workload, environmentName)
var stem = '${workload}-${environmentName}'
var names = {
  identity: 'id-${stem}'
  logs: 'log-${stem}'
  insights: 'appi-${stem}'
  storage: take(toLower('st${replace(workload, '-', '')}${token}'), 24)
  serviceBus: 'sb-${stem}-${take(token, 6)}'
  vault: 'kv-${take(workload, 8)}-${take(token, 10)}'
  scheduler: 'dts-${stem}-${take(token, 6)}'
  flags: 'appcs-${stem}-${take(token, 6)}'
  plan: 'plan-${stem}'
  app: 'func-${stem}-${take(token, 6)}'
  budget: 'budget-${stem}'
}
var tags = {
  service: workload
  product: product
  'cost-center': costCenter
  owner: owner
  environment: environmentName
}
var place = { location: location, tags: tags }
var usesScheduler = durableBackend == 'azureManaged'

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: names.identity
  location: location
  tags: tags
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  params: {
    place: place
    workspaceName: names.logs
    insightsName: names.insights
    retentionDays: logRetentionDays
    principalId: identity.properties.principalId
  }
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  params: {
    place: place
    accountName: names.storage
    principalId: identity.properties.principalId
    holdsDurableState: !usesScheduler
    zoneRedundant: zoneRedundant
    loadedRetentionDays: loadedRetentionDays
    rejectedRetentionDays: rejectedRetentionDays
  }
}

module messaging 'modules/messaging.bicep' = {
  name: 'messaging'
  params: {
    place: place
    namespaceName: names.serviceBus
    principalId: identity.properties.principalId
    workspaceId: monitoring.outputs.workspaceId
  }
}

module vault 'modules/vault.bicep' = {
  name: 'vault'
  params: {
    place: place
    vaultName: names.vault
    principalId: identity.properties.principalId
    workspaceId: monitoring.outputs.workspaceId
    secretValues: secretValues
  }
}

module scheduler 'modules/scheduler.bicep' = if (usesScheduler) {
  name: 'scheduler'
  params: {
    place: place
    schedulerName: names.scheduler
    principalId: identity.properties.principalId
  }
}

module openAiAccess 'modules/openai-access.bicep' = if (!empty(openAiAccountName)) {
  name: 'openai-access'
  scope: resourceGroup(openAiResourceGroup)
  params: {
    accountName: openAiAccountName
    principalId: identity.properties.principalId
  }
}

module flags 'modules/flags.bicep' = if (hasFlagStore) {
  name: 'flags'
  params: {
    place: place
    storeName: names.flags
    principalId: identity.properties.principalId
    workspaceId: monitoring.outputs.workspaceId
  }
}

module app 'modules/app.bicep' = {
  name: 'app'
  params: {
    place: place
    planName: names.plan
    appName: names.app
    identityId: identity.id
    identityClientId: identity.properties.clientId
    blobEndpoint: storage.outputs.blobEndpoint
    queueEndpoint: storage.outputs.queueEndpoint
    tableEndpoint: storage.outputs.tableEndpoint
    deploymentContainer: storage.outputs.deploymentContainer
    dataContainer: storage.outputs.dataContainer
    serviceBusHost: messaging.outputs.host
    vaultUri: vault.outputs.uri
    insightsConnectionString: monitoring.outputs.insightsConnectionString
    schedulerEndpoint: usesScheduler ? scheduler!.outputs.endpoint : ''
    taskHub: usesScheduler ? scheduler!.outputs.taskHub : ''
    flagStoreEndpoint: hasFlagStore ? flags!.outputs.endpoint : ''
    systems: systems
    publicUrl: publicUrl
    optionalSettings: optionalSettings
    alwaysReadyHttp: alwaysReadyHttp
    maximumInstanceCount: maximumInstanceCount
    instanceMemoryMB: instanceMemoryMB
    zoneRedundant: zoneRedundant
  }
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  params: {
    place: place
    stem: stem
    emails: alertEmails
    workspaceId: monitoring.outputs.workspaceId
    insightsId: monitoring.outputs.insightsId
    serviceBusId: messaging.outputs.namespaceId
    topicName: messaging.outputs.topicName
    healthUrl: '${app.outputs.url}/api/health'
  }
}

module budget 'modules/budget.bicep' = if (budgetAmount > 0) {
  name: 'budget'
  params: {
    budgetName: names.budget
    amount: budgetAmount
    startDate: budgetStartDate
    emails: alertEmails
  }
}

@description('Name of the function app, for az functionapp.')
output functionAppName string = app.outputs.appName

@description('Where people and webhooks reach it.')
output url string = app.outputs.url

@description('Name of the vault, for az keyvault secret set.')
output keyVaultName string = vault.outputs.vaultName

@description('Name of the storage account.')
output storageAccountName string = storage.outputs.accountName

@description('Host name of the Service Bus namespace.')
output serviceBusHost string = messaging.outputs.host

@description('Client id of the managed identity: add it as a user in Azure DevOps.')
output identityClientId string = identity.properties.clientId

@description('Object id of the managed identity: the subject of the federated credential in Entra ID.')
output identityPrincipalId string = identity.properties.principalId
