import { BillingBudget } from '@cdktf/provider-google/lib/billing-budget/index.js'
import type { App, TerraformStack } from 'cdktf'
import type { Deployment } from '../deployment.ts'
import { createStack } from '../stack.ts'

/** Tells those who pay at half, nine tenths and all of the month's money, and when it will not last. */
export function budgetStack(app: App, deployment: Deployment): TerraformStack {
  const stack = createStack(app, 'budget', deployment)
  const { budget, projectNumber } = deployment.infra
  new BillingBudget(stack, 'month', {
    billingAccount: budget.billingAccount,
    displayName: `daybreak ${deployment.environment}`,
    budgetFilter: { projects: [`projects/${projectNumber}`], calendarPeriod: 'MONTH' },
    amount: { specifiedAmount: { currencyCode: budget.currency, units: String(budget.amount) } },
    thresholdRules: [
      ...[0.5, 0.9, 1].map((thresholdPercent) => ({ thresholdPercent, spendBasis: 'CURRENT_SPEND' })),
      { thresholdPercent: 1, spendBasis: 'FORECASTED_SPEND' },
    ],
    allUpdatesRule: { disableDefaultIamRecipients: false, enableProjectLevelRecipients: true },
  })
  return stack
}
