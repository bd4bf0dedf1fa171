import type { NotifyConfig, RuleConfig } from '../config/notify-config.ts'
import type { Project } from '../config/project.ts'
import { withoutTags } from '../config/tagged-places.ts'
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
  goals: { completeBy: '07:00', completePercent: 99.5, loadMinutes: 10, rejectedPercent: 0.1, resolvedHours: 2 },
  report: [],
}

/** The file of a project together with the settings that people made. Tags of locations are replaced by their ids. */
export async function readNotifyConfig(
  { notify, locations: places }: Pick<Project, 'notify' | 'locations'>,
  { reads }: Pick<PeopleLedger, 'reads'>,
): Promise<NotifyConfig> {
  const kinds = Object.keys(SETTING_SCHEMAS) as ChangeableKind[]
  const settings = await Promise.all(kinds.map((kind) => reads.settings(kind)))
  const config = mergeSettings(notify ?? NO_NOTIFICATIONS, settings.flat())
  const people = Object.entries(config.people).map(([name, person]) => {
    return [name, { ...person, locations: withoutTags(person.locations, places) }] as const
  })
  const rules = config.rules.map((rule) => withoutTagsOfRule(rule, places))
  return { ...config, people: Object.fromEntries(people), rules }
}

/** Pure: a rule whose locations are ids. */
export function withoutTagsOfRule(rule: RuleConfig, places: Project['locations']): RuleConfig {
  return rule.locations === undefined ? rule : { ...rule, locations: withoutTags(rule.locations, places) }
}
