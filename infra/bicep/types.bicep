// Shapes that main.bicep and modules/app.bicep share.

@export()
@description('Name and tags of everything that is deployed.')
type placeType = {
  @description('Azure region.')
  location: string

  @description('Tags of every resource.')
  tags: object
}

@export()
@description('The systems the app talks to. Addresses and public ids only: secrets are in Key Vault.')
type systemsType = {
  @description('Client id of the app registration that people and callers sign in to (docs/integrations/entra.md).')
  entraClientId: string

  @description('Dynatrace environment, without /api/v2.')
  dynatraceUrl: string

  @description('ServiceNow instance.')
  servicenowUrl: string

  @description('OAuth client id in ServiceNow.')
  servicenowClientId: string

  @description('Azure DevOps organisation: https://dev.azure.com/<organisation>.')
  azureDevOpsUrl: string

  @description('true: the secret azure-devops-token is used. false: the managed identity.')
  azureDevOpsUsesToken: bool

  @description('true: its service hooks are taken, proven by the secret azure-devops-webhook-secrets.')
  azureDevOpsSendsHooks: bool

  @description('true: GitHub sends webhooks, signed with the secret github-webhook-secrets.')
  gitHubSendsHooks: bool

  @description('true: what its webhooks missed is read with the secret github-token. false: they alone tell.')
  gitHubUsesToken: bool

  @description('https://<resource>.openai.azure.com/openai/v1/. Empty: the embedded assistant answers.')
  openAiUrl: string

  @description('Snowflake account identifier. Empty: no warehouse is loaded.')
  snowflakeAccount: string
}
