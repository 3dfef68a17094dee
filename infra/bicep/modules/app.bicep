// The function app: Flex Consumption, Python 3.13, one managed identity for everything it reaches in Azure.
import { placeType, systemsType } from '../types.bicep'

@description('Region and tags.')
param place placeType

@description('Name of the plan.')
param planName string

@description('Name of the function app.')
param appName string

@description('Resource id of the managed identity.')
param identityId string

@description('Client id of the managed identity.')
param identityClientId string

@description('Address of the blob service, with a slash at its end.')
param blobEndpoint string

@description('Address of the queue service.')
param queueEndpoint string

@description('Address of the table service.')
param tableEndpoint string

@description('Container of the deployed package.')
param deploymentContainer string

@description('Container of events and documents.')
param dataContainer string

@description('<name>.servicebus.windows.net')
param serviceBusHost string

@description('Address of the vault, with a slash at its end.')
param vaultUri string

@description('Where telemetry goes.')
param insightsConnectionString string

@description('Address of the Durable Task Scheduler. Empty: Azure Storage keeps the state.')
param schedulerEndpoint string

@description('Task hub in that scheduler.')
param taskHub string

@description('Address of the store of feature flags. Empty: no flag is switched.')
param flagStoreEndpoint string

@description('The systems the app talks to.')
param systems systemsType

@description('Address people and webhooks use. Empty: the app\'s own host name.')
param publicUrl string

@description('Settings that differ from their defaults in shared/settings.py.')
param optionalSettings object

@description('Instances that are always warm for HTTP.')
param alwaysReadyHttp int

@description('Most instances the app may have.')
param maximumInstanceCount int

@description('Memory of an instance, in MB.')
param instanceMemoryMB int

@description('Instances in three zones.')
param zoneRedundant bool

func secret(vaultUri string, name string) string => '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/${name})'

var issuer = '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
var url = empty(publicUrl) ? 'https://${app.properties.defaultHostName}' : publicUrl

var platformSettings = {
  AzureWebJobsStorage__blobServiceUri: blobEndpoint
  AzureWebJobsStorage__queueServiceUri: queueEndpoint
  AzureWebJobsStorage__tableServiceUri: tableEndpoint
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
  // Which identity azure.identity takes.
  AZURE_CLIENT_ID: identityClientId
  // App Service Authentication proves itself to Entra ID with this identity, in place of a client secret.
  OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID: identityClientId
}
var appSettings = {
  PUBLIC_URL: url
  LINK_SECRETS: secret(vaultUri, 'link-secrets')
  TOKEN_ISSUER: issuer
  TOKEN_AUDIENCE: systems.entraClientId
  ServiceBusConnection__fullyQualifiedNamespace: serviceBusHost
  ServiceBusConnection__credential: 'managedidentity'
  ServiceBusConnection__clientId: identityClientId
  BLOB_SERVICE_URI: blobEndpoint
  BLOB_CONTAINER: dataContainer
  DYNATRACE_URL: systems.dynatraceUrl
  DYNATRACE_TOKEN: secret(vaultUri, 'dynatrace-token')
  DYNATRACE_WEBHOOK_SECRETS: secret(vaultUri, 'dynatrace-webhook-secrets')
  SERVICENOW_URL: systems.servicenowUrl
  SERVICENOW_CLIENT_ID: systems.servicenowClientId
  SERVICENOW_CLIENT_SECRET: secret(vaultUri, 'servicenow-client-secret')
  AZURE_DEVOPS_URL: systems.azureDevOpsUrl
  TEAMS_WEBHOOK_URL: secret(vaultUri, 'teams-webhook-url')
}
var azureDevOpsSettings = systems.azureDevOpsUsesToken
  ? { AZURE_DEVOPS_TOKEN: secret(vaultUri, 'azure-devops-token') }
  : {}
var azureDevOpsHookSettings = systems.azureDevOpsSendsHooks
  ? { AZURE_DEVOPS_WEBHOOK_SECRETS: secret(vaultUri, 'azure-devops-webhook-secrets') }
  : {}
var gitHubSettings = systems.gitHubSendsHooks
  ? { GITHUB_WEBHOOK_SECRETS: secret(vaultUri, 'github-webhook-secrets') }
  : {}
var gitHubTokenSettings = systems.gitHubUsesToken
  ? { GITHUB_TOKEN: secret(vaultUri, 'github-token') }
  : {}
var flagSettings = empty(flagStoreEndpoint) ? {} : { APP_CONFIGURATION_URL: flagStoreEndpoint }
var openAiSettings = empty(systems.openAiUrl) ? {} : { OPENAI_URL: systems.openAiUrl }
var snowflakeSettings = empty(systems.snowflakeAccount)
  ? {}
  : {
      SNOWFLAKE_ACCOUNT: systems.snowflakeAccount
      SNOWFLAKE_PRIVATE_KEY: secret(vaultUri, 'snowflake-private-key')
    }
var schedulerSettings = empty(schedulerEndpoint)
  ? {}
  : {
      DURABLE_TASK_SCHEDULER_CONNECTION_STRING: 'Endpoint=${schedulerEndpoint};Authentication=ManagedIdentity;ClientID=${identityClientId};TaskHub=${taskHub}'
      AzureFunctionsJobHost__extensions__durableTask__storageProvider__type: 'azureManaged'
      AzureFunctionsJobHost__extensions__durableTask__storageProvider__connectionStringName: 'DURABLE_TASK_SCHEDULER_CONNECTION_STRING'
    }

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: planName
  location: place.location
  tags: place.tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
  }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: appName
  location: place.location
  tags: place.tags
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      http20Enabled: true
    }
    functionAppConfig: {
      runtime: { name: 'python', version: '3.13' }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${blobEndpoint}${deploymentContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: concat(
          // Durable timers and waits need an instance that looks at the queues.
          [{ name: 'durable', instanceCount: 1 }],
          alwaysReadyHttp > 0 ? [{ name: 'http', instanceCount: alwaysReadyHttp }] : []
        )
      }
    }
  }
}

resource settings 'Microsoft.Web/sites/config@2024-11-01' = {
  parent: app
  name: 'appsettings'
  properties: union(
    optionalSettings,
    platformSettings,
    appSettings,
    azureDevOpsSettings,
    azureDevOpsHookSettings,
    gitHubSettings,
    gitHubTokenSettings,
    flagSettings,
    openAiSettings,
    snowflakeSettings,
    schedulerSettings
  )
}

// Signs people in for the approval page. It lets everybody through: the app itself validates tokens and roles.
resource authentication 'Microsoft.Web/sites/config@2024-11-01' = {
  parent: app
  name: 'authsettingsV2'
  properties: {
    platform: { enabled: true }
    globalValidation: {
      requireAuthentication: false
      unauthenticatedClientAction: 'AllowAnonymous'
    }
    httpSettings: { requireHttps: true }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: systems.entraClientId
          clientSecretSettingName: 'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID'
          openIdIssuer: issuer
        }
        validation: { allowedAudiences: [systems.entraClientId] }
      }
    }
    login: { tokenStore: { enabled: true } }
  }
  dependsOn: [settings]
}

resource noBasicAuth 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = [
  for name in ['scm', 'ftp']: {
    parent: app
    name: name
    properties: { allow: false }
  }
]

@description('Name of the function app.')
output appName string = app.name

@description('Where people and webhooks reach it.')
output url string = url
