import { SqlDatabase } from '@cdktf/provider-google/lib/sql-database/index.js'
import { SqlDatabaseInstance } from '@cdktf/provider-google/lib/sql-database-instance/index.js'
import { SqlUser } from '@cdktf/provider-google/lib/sql-user/index.js'
import type { App, TerraformStack } from 'cdktf'
import { connectionLimit } from '../connections.ts'
import type { Deployment } from '../deployment.ts'
import { accountEmail, keyName, LEDGER_USERS, NETWORK } from '../names.ts'
import { createStack, protection, resourceId } from '../stack.ts'

/** Flags of the instance: who logs in with what, and which statements are slow. */
const FLAGS = { 'cloudsql.iam_authentication': 'on', log_min_duration_statement: '1000', log_connections: 'on' }

/** The ledger: PostgreSQL without a public address or passwords. The one thing that is always on, and paid for idle. */
export function ledgerStack(app: App, deployment: Deployment, instanceName: string): TerraformStack {
  const stack = createStack(app, 'ledger', deployment)
  const { google, infra, ledger } = deployment
  const instance = new SqlDatabaseInstance(stack, 'instance', {
    name: instanceName,
    databaseVersion: 'POSTGRES_17',
    region: google.region,
    deletionProtection: infra.protect,
    settings: settings(deployment),
    ...protection(deployment),
    ...(infra.encryptionKeys && { encryptionKeyName: keyName('ledger', deployment) }),
  })
  const database = new SqlDatabase(stack, 'database', {
    name: ledger.database,
    instance: instance.name,
    deletionPolicy: infra.protect ? 'ABANDON' : 'DELETE',
  })
  for (const component of LEDGER_USERS) {
    new SqlUser(stack, resourceId('user', component), {
      instance: instance.name,
      type: 'CLOUD_IAM_SERVICE_ACCOUNT',
      // PostgreSQL's names end at 63 characters, so Cloud SQL leaves this off.
      name: accountEmail(component, google.project).replace('.gserviceaccount.com', ''),
      deletionPolicy: 'ABANDON',
      dependsOn: [database],
    })
  }
  return stack
}

function settings(deployment: Deployment) {
  const { google, infra } = deployment
  return {
    tier: infra.ledger.tier,
    edition: 'ENTERPRISE',
    availabilityType: infra.ledger.regional ? 'REGIONAL' : 'ZONAL',
    diskType: 'PD_SSD',
    diskSize: infra.ledger.diskGib,
    diskAutoresize: true,
    deletionProtectionEnabled: infra.protect,
    ipConfiguration: {
      ipv4Enabled: false,
      privateNetwork: `projects/${google.project}/global/networks/${NETWORK}`,
      sslMode: 'TRUSTED_CLIENT_CERTIFICATE_REQUIRED',
    },
    backupConfiguration: {
      enabled: true,
      // UTC: after the night of the last American zone and before Europe's.
      startTime: '18:00',
      pointInTimeRecoveryEnabled: true,
      transactionLogRetentionDays: 7,
      backupRetentionSettings: { retainedBackups: infra.protect ? 30 : 7, retentionUnit: 'COUNT' },
    },
    // Sundays, 20:00 UTC: no night of any American zone.
    maintenanceWindow: { day: 7, hour: 20, updateTrack: 'stable' },
    insightsConfig: { queryInsightsEnabled: true, recordApplicationTags: false, recordClientAddress: false },
    databaseFlags: Object.entries({
      ...FLAGS,
      max_connections: String(connectionLimit(infra.ledger.tier)),
    }).map(([name, value]) => ({ name, value })),
  }
}
