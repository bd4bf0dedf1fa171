import { z } from 'zod'
import { yamlObject } from '../lib/yaml-object.ts'

const Daypart = yamlObject({
  name: z.string().min(1).max(100).describe('What people call it.'),
  from_hour: z
    .int()
    .min(0)
    .max(23)
    .describe(
      'Hour of the wall clock at which it begins. It ends where the next one begins, the last one at the first.',
    ),
})

/** File config/dayparts.yaml. */
export const DaypartsConfig = yamlObject({
  version: z.literal(1).describe('Schema version. Must be 1.'),
  dayparts: z.array(Daypart).min(1).describe('Parts of the day by hour, the earliest first. Two may share a name.'),
}).superRefine(({ dayparts }, context) => {
  for (const [at, { fromHour }] of dayparts.entries()) {
    const before = dayparts[at - 1]
    if (before === undefined || fromHour > before.fromHour) continue
    const message = `expected an hour after ${before.fromHour}, where ${before.name} begins`
    context.addIssue({ code: 'custom', path: ['dayparts', at, 'from_hour'], message })
  }
})
/** File config/dayparts.yaml. */
export type DaypartsConfig = z.infer<typeof DaypartsConfig>

/** Header and rows of the model `dayparts`: each of the 24 hours is in exactly one of them. */
export function daypartRows({ dayparts }: DaypartsConfig): readonly (readonly string[])[] {
  const [first, last] = [dayparts[0], dayparts.at(-1)]
  const isSplit = first !== undefined && last !== undefined && first.fromHour > 0
  const parts = isSplit ? [{ name: last.name, fromHour: 0 }, ...dayparts] : dayparts
  return [
    ['from_hour', 'to_hour', 'daypart'],
    ...parts.map(({ name, fromHour }, at) => [String(fromHour), String((parts[at + 1]?.fromHour ?? 24) - 1), name]),
  ]
}
