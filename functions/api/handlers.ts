import type { ApiHandler } from './call.ts'
import type { ApiKey } from './contract/routes.ts'
import { listAudit } from './routes/audit.ts'
import { BACKFILL_HANDLERS } from './routes/backfill.ts'
import { CATALOG_HANDLERS } from './routes/catalog.ts'
import { CONNECTION_HANDLERS } from './routes/connections.ts'
import { showCosts } from './routes/costs.ts'
import { DAY_SHEET_HANDLERS } from './routes/day-sheet.ts'
import { DAY_HANDLERS } from './routes/days.ts'
import { DIGEST_HANDLERS } from './routes/digests.ts'
import { EVENT_HANDLERS } from './routes/events.ts'
import { explainCheck } from './routes/explanation.ts'
import { INCIDENT_HANDLERS } from './routes/incidents.ts'
import { LINEAGE_HANDLERS } from './routes/lineage.ts'
import { listChanges, showOpenApi } from './routes/live.ts'
import { LOCATION_HANDLERS } from './routes/locations.ts'
import { METRIC_HANDLERS } from './routes/metrics.ts'
import { MODEL_HANDLERS } from './routes/models.ts'
import { overrideShift, showOnCall } from './routes/on-call.ts'
import { showOutliers } from './routes/outliers.ts'
import { PIPELINE_HANDLERS } from './routes/pipelines.ts'
import { showProfiles } from './routes/profiles.ts'
import { QUALITY_HANDLERS } from './routes/quality.ts'
import { REJECT_HANDLERS } from './routes/rejects.ts'
import { RUN_HANDLERS } from './routes/runs.ts'
import { SESSION_HANDLERS } from './routes/session.ts'
import { SETTING_HANDLERS } from './routes/settings.ts'
import { showSla } from './routes/sla.ts'
import { SLICE_HANDLERS } from './routes/slices.ts'
import { STATUS_HANDLERS } from './routes/status.ts'
import { TABLE_HANDLERS } from './routes/tables.ts'
import { TOKEN_HANDLERS } from './routes/tokens.ts'

/** A handler for each route that is served. */
export type Handlers = { readonly [Key in ApiKey]?: ApiHandler<Key> }

/** Handlers of the routes that are served. */
export const HANDLERS: Handlers = {
  ...SESSION_HANDLERS,
  ...STATUS_HANDLERS,
  ...PIPELINE_HANDLERS,
  ...CONNECTION_HANDLERS,
  ...LOCATION_HANDLERS,
  ...SLICE_HANDLERS,
  ...DAY_HANDLERS,
  ...DAY_SHEET_HANDLERS,
  ...RUN_HANDLERS,
  ...BACKFILL_HANDLERS,
  ...METRIC_HANDLERS,
  ...REJECT_HANDLERS,
  ...INCIDENT_HANDLERS,
  ...QUALITY_HANDLERS,
  ...EVENT_HANDLERS,
  ...TABLE_HANDLERS,
  ...LINEAGE_HANDLERS,
  ...MODEL_HANDLERS,
  ...CATALOG_HANDLERS,
  ...TOKEN_HANDLERS,
  ...SETTING_HANDLERS,
  ...DIGEST_HANDLERS,
  'GET /api/profiles/{stream}': showProfiles,
  'GET /api/quality': showOutliers,
  'GET /api/checks/{stream}/explanation': explainCheck,
  'GET /api/on-call': showOnCall,
  'POST /api/on-call/overrides': overrideShift,
  'GET /api/costs': showCosts,
  'GET /api/sla': showSla,
  'GET /api/audit': listAudit,
  'GET /api/changes': listChanges,
  'GET /api/openapi.json': showOpenApi,
}
