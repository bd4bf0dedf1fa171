import type { LedgerDialect } from '../dialect.ts'
import type { Database } from '../schema.ts'
import { createTables } from './0001-create-tables.ts'
import { createSessions } from './0002-create-sessions.ts'
import { moveWords } from './0003-move-words.ts'
import { createImportedLocations } from './0004-create-imported-locations.ts'
import { rememberFiles } from './0005-remember-files.ts'
import { createMarks } from './0006-create-marks.ts'
import { addOwnerAndReload } from './0007-add-owner-and-reload.ts'
import { numberRows } from './0008-number-rows.ts'
import { supportVerdicts } from './0009-support-verdicts.ts'
import { countUnchanged } from './0010-count-unchanged.ts'
import { nameWindowsAndShards } from './0011-name-windows-and-shards.ts'
import { placeIncidents } from './0012-place-incidents.ts'
import { retireSupersededSlices } from './0013-retire-superseded-slices.ts'
import { addSentAt } from './0014-add-sent-at.ts'
import { indexLists } from './0015-index-lists.ts'
import { createChanges } from './0016-create-changes.ts'
import { createSettings } from './0017-create-settings.ts'
import { createNotifications } from './0018-create-notifications.ts'
import { recordUse } from './0019-record-use.ts'
import { sealAudit } from './0020-seal-audit.ts'
import { createWindows } from './0021-create-windows.ts'
import { placeUsage } from './0022-place-usage.ts'
import { createBuilds } from './0023-create-builds.ts'
import { leaseRequests } from './0024-lease-requests.ts'
import { createLoads } from './0025-create-loads.ts'
import { addUnit } from './0026-add-unit.ts'
import { indexRareRows } from './0027-index-rare-rows.ts'
import { indexWindows } from './0028-index-windows.ts'

/** One step of the schema. Once released it never changes; a correction is the next step. */
export interface Migration {
  /** 1, 2, 3...: the number its file starts with. */
  readonly version: number
  readonly name: string
  readonly up: (transaction: Database, dialect: LedgerDialect) => Promise<void>
  /** Set when a release that does not know this step cannot work on its tables: it then refuses to open them. */
  readonly breaks?: true
}

/** All steps, in order. */
export const MIGRATIONS: readonly Migration[] = [
  { version: 1, name: 'create-tables', up: createTables },
  { version: 2, name: 'create-sessions', up: createSessions },
  { version: 3, name: 'move-words', up: moveWords },
  { version: 4, name: 'create-imported-locations', up: createImportedLocations },
  { version: 5, name: 'remember-files', up: rememberFiles },
  { version: 6, name: 'create-marks', up: createMarks },
  { version: 7, name: 'add-owner-and-reload', up: addOwnerAndReload },
  { version: 8, name: 'number-rows', up: numberRows },
  { version: 9, name: 'support-verdicts', up: supportVerdicts },
  { version: 10, name: 'count-unchanged', up: countUnchanged },
  { version: 11, name: 'name-windows-and-shards', up: nameWindowsAndShards, breaks: true },
  { version: 12, name: 'place-incidents', up: placeIncidents },
  { version: 13, name: 'retire-superseded-slices', up: retireSupersededSlices },
  { version: 14, name: 'add-sent-at', up: addSentAt, breaks: true },
  { version: 15, name: 'index-lists', up: indexLists },
  { version: 16, name: 'create-changes', up: createChanges },
  { version: 17, name: 'create-settings', up: createSettings },
  { version: 18, name: 'create-notifications', up: createNotifications },
  { version: 19, name: 'record-use', up: recordUse },
  { version: 20, name: 'seal-audit', up: sealAudit },
  { version: 21, name: 'create-windows', up: createWindows },
  { version: 22, name: 'place-usage', up: placeUsage },
  { version: 23, name: 'create-builds', up: createBuilds },
  { version: 24, name: 'lease-requests', up: leaseRequests },
  { version: 25, name: 'create-loads', up: createLoads },
  { version: 26, name: 'add-unit', up: addUnit },
  { version: 27, name: 'index-rare-rows', up: indexRareRows },
  { version: 28, name: 'index-windows', up: indexWindows },
]
