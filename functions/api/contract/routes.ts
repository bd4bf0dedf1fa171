import { AUDIT_ROUTES } from './audit.ts'
import { BACKFILL_ROUTES } from './backfill.ts'
import { CATALOG_ROUTES } from './catalog.ts'
import { CONNECTION_ROUTES } from './connections.ts'
import { REPORT_ROUTES } from './costs.ts'
import { DAY_SHEET_ROUTES } from './day-sheet.ts'
import { DAY_ROUTES } from './days.ts'
import { EVENT_ROUTES } from './events.ts'
import { INCIDENT_ROUTES } from './incidents.ts'
import { LINEAGE_ROUTES } from './lineage.ts'
import { LIVE_ROUTES } from './live.ts'
import { LOCATION_ROUTES } from './locations.ts'
import { METRIC_ROUTES } from './metrics.ts'
import { MODEL_ROUTES } from './models.ts'
import { PIPELINE_ROUTES } from './pipelines.ts'
import { QUALITY_ROUTES } from './quality.ts'
import { REJECT_ROUTES } from './rejects.ts'
import type { Route, RouteKey } from './route.ts'
import { RUN_ROUTES } from './runs.ts'
import { SESSION_ROUTES } from './session.ts'
import { SETTING_ROUTES } from './settings.ts'
import { SLICE_ROUTES } from './slices.ts'
import { STATUS_ROUTES } from './status.ts'
import { TABLE_ROUTES } from './tables.ts'

/** Every route of the API. */
export const API = {
  ...SESSION_ROUTES,
  ...STATUS_ROUTES,
  ...PIPELINE_ROUTES,
  ...CONNECTION_ROUTES,
  ...LOCATION_ROUTES,
  ...SLICE_ROUTES,
  ...DAY_ROUTES,
  ...DAY_SHEET_ROUTES,
  ...RUN_ROUTES,
  ...BACKFILL_ROUTES,
  ...METRIC_ROUTES,
  ...REJECT_ROUTES,
  ...INCIDENT_ROUTES,
  ...QUALITY_ROUTES,
  ...EVENT_ROUTES,
  ...TABLE_ROUTES,
  ...LINEAGE_ROUTES,
  ...MODEL_ROUTES,
  ...CATALOG_ROUTES,
  ...REPORT_ROUTES,
  ...SETTING_ROUTES,
  ...AUDIT_ROUTES,
  ...LIVE_ROUTES,
} as const satisfies Readonly<Record<RouteKey, Route>>

/** Method and path of a route of the API. */
export type ApiKey = keyof typeof API
