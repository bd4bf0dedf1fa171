import type { ErrorCode } from '../errors.ts'

/** Which page of docs/runbooks says more about an error code than its remedy does. The first match counts. */
const PAGES: readonly (readonly [RegExp, string])[] = [
  [/^SOURCE_(AUTH_FAILED|HOST_KEY_MISMATCH)$/, 'rotating-the-sftp-key.md'],
  [/^(SOURCE_|FILE_CHANGED$|CLOCK_AHEAD$)/, 'source-trouble.md'],
  [/^HASH_KEY_/, 'the-hash-key.md'],
  [/^LOCATION_UNKNOWN$/, 'adding-a-location.md'],
  [/^DAY_DISPUTED$/, 'disputed-days.md'],
  [/^(FILE_|DRIFT_|REJECT_|ROWS_|CHECK_|INCOMPLETE$|DAY_CLOSED$)/, 'held-files.md'],
  [/^MODEL_(HELD|FAILED)$/, 'a-model-is-held.md'],
  [/^(NOT_RECONCILED|OBJECT_CONFLICT|JOB_CONFLICT)$/, 'not-reconciled.md'],
  [/^(OBJECT_MISSING|OBJECT_DAMAGED|WAREHOUSE_|LOAD_)/, 'rebuilding-the-warehouse.md'],
  [/^(LEDGER_|BACKUP_)/, 'restoring-the-ledger.md'],
  [/^(MESSAGE_|QUEUE_|RUN_FAILED$)/, 'replaying-dead-letters.md'],
  [/^(STORAGE_|SECRET_|IDENTITY_|LOG_|FORBIDDEN$|UNAUTHENTICATED$)/, 'permissions.md'],
  [/^(CHANNEL_|RULE_|WATCH_)/, 'notifications.md'],
  [/^HOOK_/, 'hooks.md'],
  [/^MIGRATION_/, 'table-migrations.md'],
  [/^CATALOG_/, 'lineage-events.md'],
  [/^(MODEL_|ANALYSER_)/, 'models.md'],
  [/^INTERNAL$/, 'rolling-back.md'],
  [
    /^(USAGE_|REMOTE_|CONFIG_|EXPRESSION_|REQUEST_|PRECONDITION_|PLAN_|RATE_LIMITED$|KEY_REUSED$|COST_LIMIT$|STATE_CONFLICT$|NOT_FOUND$|CANCELLED$|QUERY_LIMIT$)/,
    'wrong-requests.md',
  ],
]

/** Path of the runbook of an error code, from the root of the repository. */
export function runbookOf(code: ErrorCode): string {
  const page = PAGES.find(([pattern]) => pattern.test(code))?.[1]
  // A test asks for every code, so a new one cannot get here.
  if (page === undefined) throw new TypeError(`${code} has no runbook; add it to functions/lib/runbook.ts`)
  return `docs/runbooks/${page}`
}
