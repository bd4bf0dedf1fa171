import type { NotifyConfig } from '../config/notify-config.ts'
import { type ChangeableKind, mergeSettings, SETTING_SCHEMAS } from '../notify/settings.ts'
import type { PeopleLedger } from '../pipeline/people/reads.ts'

/** Rules and watch of a project that configures no notifications: incidents are found and shown, and no person is told. */
const NO_NOTIFICATIONS: NotifyConfig = {
  version: 1,
  people: {},
  channels: {},
  rotations: {},
  policies: {},
  incidents: [],
  rules: [],
  goals: { complete_by: '07:00', complete_percent: 99.5, load_minutes: 10, rejected_percent: 0.1, resolved_hours: 2 },
  report: [],
}

/** The file of a project together with the settings that people made. */
export async function readNotifyConfig(
  file: NotifyConfig | null | undefined,
  { reads }: Pick<PeopleLedger, 'reads'>,
): Promise<NotifyConfig> {
  const kinds = Object.keys(SETTING_SCHEMAS) as ChangeableKind[]
  const settings = await Promise.all(kinds.map((kind) => reads.settings(kind)))
  return mergeSettings(file ?? NO_NOTIFICATIONS, settings.flat())
}
