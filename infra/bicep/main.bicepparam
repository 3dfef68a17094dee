// Example. Copy it to <stage>.bicepparam and set your own values.
using 'main.bicep'

param environmentName = 'prod'
param owner = 'platform-team'
param costCenter = '4711'
param alertEmails = ['platform-team@example.com']

param systems = {
  entraClientId: '00000000-0000-0000-0000-000000000000'
  dynatraceUrl: 'https://abc12345.live.dynatrace.com'
  servicenowUrl: 'https://example.service-now.com'
  servicenowClientId: '0123456789abcdef0123456789abcdef'
  azureDevOpsUrl: 'https://dev.azure.com/example'
  azureDevOpsUsesToken: false
  azureDevOpsSendsHooks: false
  gitHubSendsHooks: false
  gitHubUsesToken: false
  openAiUrl: ''
  snowflakeAccount: ''
}

// All secrets the app can read. Values come from the environment of whoever deploys, never from this file; drop a line
// to keep what the vault has. Those behind a comment are read only where `systems` says so.
param secretValues = {
  'link-secrets': readEnvironmentVariable('LINK_SECRETS')
  'dynatrace-token': readEnvironmentVariable('DYNATRACE_TOKEN')
  'dynatrace-webhook-secrets': readEnvironmentVariable('DYNATRACE_WEBHOOK_SECRETS')
  'servicenow-client-secret': readEnvironmentVariable('SERVICENOW_CLIENT_SECRET')
  'teams-webhook-url': readEnvironmentVariable('TEAMS_WEBHOOK_URL')
  // 'azure-devops-token': readEnvironmentVariable('AZURE_DEVOPS_TOKEN')
  // 'azure-devops-webhook-secrets': readEnvironmentVariable('AZURE_DEVOPS_WEBHOOK_SECRETS')
  // 'github-webhook-secrets': readEnvironmentVariable('GITHUB_WEBHOOK_SECRETS')
  // 'github-token': readEnvironmentVariable('GITHUB_TOKEN')
  // 'snowflake-private-key': readEnvironmentVariable('SNOWFLAKE_PRIVATE_KEY')
}
