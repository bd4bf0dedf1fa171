import { z } from 'zod'
import { yamlObject } from '../lib/yaml-object.ts'

/** A day on which sales are known to be unusual. */
export const EventConfig = yamlObject({
  date: z.iso.date().describe('Business date.'),
  name: z.string().min(1).max(100).describe('What it is, e.g. Thanksgiving; shown where the day is unusual.'),
  locations: z
    .union([z.literal('all'), z.array(z.string().min(1)).min(1)])
    .default('all')
    .describe('Locations, or shards of other pipelines, that it concerns.'),
})
/** A day on which sales are known to be unusual. */
export type EventConfig = z.infer<typeof EventConfig>

/** File config/events.yaml. */
export const EventsConfig = yamlObject({
  version: z.literal(1).describe('Schema version. Must be 1.'),
  events: z
    .array(EventConfig)
    .describe('Holidays, storms, parades. An outlier check passes on such a day, and compares no other day with it.'),
})
/** File config/events.yaml. */
export type EventsConfig = z.infer<typeof EventsConfig>

/** The event of a location on a day; undefined on other days. */
export function eventOn(events: readonly EventConfig[], shard: string, date: string): EventConfig | undefined {
  return events.find((event) => event.date === date && (event.locations === 'all' || event.locations.includes(shard)))
}

/** Header and rows of the model `events`: one per date, of the events that concern all locations. */
export function eventRows({ events }: EventsConfig): readonly (readonly string[])[] {
  const shared = events.filter(({ locations }) => locations === 'all')
  const byDate = [...Map.groupBy(shared, ({ date }) => date)].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return [['event_date', 'event'], ...byDate.map(([date, own]) => [date, own.map(({ name }) => name).join(' and ')])]
}
