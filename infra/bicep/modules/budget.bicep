// A monthly budget of the resource group: a warning at 80 % spent, another when the forecast passes 100 %.

@description('Name of the budget.')
param budgetName string

@description('Amount a month, in the billing currency.')
param amount int

@description('First of a month: 2026-12-01.')
param startDate string

@description('Who is warned.')
param emails string[]

resource budget 'Microsoft.Consumption/budgets@2024-08-01' = {
  name: budgetName
  properties: {
    category: 'Cost'
    amount: amount
    timeGrain: 'Monthly'
    timePeriod: { startDate: startDate }
    notifications: {
      spent: {
        enabled: true
        operator: 'GreaterThanOrEqualTo'
        threshold: 80
        thresholdType: 'Actual'
        contactEmails: emails
      }
      forecast: {
        enabled: true
        operator: 'GreaterThanOrEqualTo'
        threshold: 100
        thresholdType: 'Forecasted'
        contactEmails: emails
      }
    }
  }
}
