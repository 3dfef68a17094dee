// What somebody must be told: dead letters, events that wait, events nobody handled, failures, and the app being down.
import { placeType } from '../types.bicep'

@description('Region and tags.')
param place placeType

@description('Stem of all names.')
param stem string

@description('Who gets alerts.')
param emails string[]

@description('Resource id of the Log Analytics workspace.')
param workspaceId string

@description('Resource id of Application Insights.')
param insightsId string

@description('Resource id of the Service Bus namespace.')
param serviceBusId string

@description('Topic of all events.')
param topicName string

@description('GET this: 200 when events are taken.')
param healthUrl string

var topicMetrics = [
  {
    name: 'dead-letters'
    description: 'An event could not be handled. GET /api/dead-letters says what is wrong with it.'
    metric: 'DeadletteredMessages'
    aggregation: 'Maximum'
    window: 'PT5M'
  }
  {
    // Service Bus has no metric of a message's age: that the queue was never empty is the nearest.
    name: 'events-wait'
    description: 'Events have waited on the topic for 15 minutes.'
    metric: 'ActiveMessages'
    aggregation: 'Minimum'
    window: 'PT15M'
  }
]
var logQueries = [
  {
    // Workers have been seen to settle messages without running the function: then nothing waits and nothing happens.
    name: 'events-unhandled'
    description: 'Service Bus counts messages as done, but no function has run for them.'
    window: 'PT1H'
    query: '''
let settled = toscalar(AzureMetrics
  | where ResourceProvider == 'MICROSOFT.SERVICEBUS' and MetricName == 'CompleteMessage'
  | where TimeGenerated between (ago(45m) .. ago(15m))
  | summarize sum(Total));
let handled = toscalar(AppRequests
  | where Name in ('archive_events', 'on_problem_event')
  | summarize sum(ItemCount));
print Settled = coalesce(todouble(settled), 0.0), Handled = coalesce(tolong(handled), 0)
| where Settled > 0 and Handled == 0
'''
  }
  {
    name: 'failed-requests'
    description: 'Functions failed, or HTTP requests ended with 5xx.'
    window: 'PT15M'
    query: '''
AppRequests
| where Success == false
| where coalesce(toint(ResultCode), 0) !between (400 .. 499)
'''
  }
]
var probeLocations = ['latam-br-gru-edge', 'us-fl-mia-edge', 'us-va-ash-azr', 'emea-nl-ams-azr', 'emea-gb-db3-azr']

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-${stem}'
  location: 'global'
  tags: place.tags
  properties: {
    enabled: true
    groupShortName: take(stem, 12)
    emailReceivers: [
      for email in emails: { name: email, emailAddress: email, useCommonAlertSchema: true }
    ]
  }
}

resource topicAlert 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for each in topicMetrics: {
    name: '${each.name}-${stem}'
    location: 'global'
    tags: place.tags
    properties: {
      description: each.description
      enabled: true
      severity: 2
      scopes: [serviceBusId]
      evaluationFrequency: 'PT5M'
      windowSize: each.window
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            criterionType: 'StaticThresholdCriterion'
            name: each.name
            metricNamespace: 'Microsoft.ServiceBus/namespaces'
            metricName: each.metric
            dimensions: [{ name: 'EntityName', operator: 'Include', values: [topicName] }]
            timeAggregation: each.aggregation
            operator: 'GreaterThan'
            threshold: 0
          }
        ]
      }
      actions: [{ actionGroupId: people.id }]
    }
  }
]

resource logAlert 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for each in logQueries: {
    name: '${each.name}-${stem}'
    location: place.location
    tags: place.tags
    kind: 'LogAlert'
    properties: {
      description: each.description
      enabled: true
      severity: 2
      scopes: [workspaceId]
      evaluationFrequency: 'PT15M'
      windowSize: each.window
      autoMitigate: true
      // The tables appear with the first telemetry, after this deployment.
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: each.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: [people.id] }
    }
  }
]

resource healthProbe 'Microsoft.Insights/webtests@2022-06-15' = {
  name: 'health-${stem}'
  location: place.location
  // The portal finds the test of a component by this tag.
  tags: union(place.tags, { 'hidden-link:${insightsId}': 'Resource' })
  kind: 'standard'
  properties: {
    SyntheticMonitorId: 'health-${stem}'
    Name: 'health-${stem}'
    Kind: 'standard'
    Enabled: true
    Frequency: 300
    Timeout: 30
    RetryEnabled: true
    Locations: [for id in probeLocations: { Id: id }]
    Request: { RequestUrl: healthUrl, HttpVerb: 'GET', ParseDependentRequests: false }
    ValidationRules: { ExpectedHttpStatusCode: 200, SSLCheck: true, SSLCertRemainingLifetimeCheck: 7 }
  }
}

resource healthAlert 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'health-${stem}'
  location: 'global'
  tags: place.tags
  properties: {
    description: 'The app takes no events: GET /api/health does not answer 200.'
    enabled: true
    severity: 1
    scopes: [healthProbe.id, insightsId]
    evaluationFrequency: 'PT1M'
    windowSize: 'PT5M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria'
      webTestId: healthProbe.id
      componentId: insightsId
      failedLocationCount: 2
    }
    actions: [{ actionGroupId: people.id }]
  }
}
