import type { LocationConfig } from '../config/config.ts'
import { addDays, datesBetween, localDate } from '../lib/business-date.ts'
import { expectedContracts, type PipelineDefinition, readiness, standing } from './definition.ts'
import type { BusinessDate, Instant, Slice, SliceState } from './model.ts'

/** `off`: the location does not deliver the stream. `not_due`: the day's first look is still to come. */
export type Cell = SliceState | 'not_due' | 'off'

/** One location and business date of the completeness matrix. */
export interface MatrixRow {
  readonly location: string
  readonly name: string
  readonly date: BusinessDate
  /** By stream, in the pipeline's order. */
  readonly cells: ReadonlyMap<string, Cell>
  /** Every expected slice is loaded or waived, or the day is not due. */
  readonly complete: boolean
  /** When the server deletes the day; what is not landed by then is gone for ever. */
  readonly goneAt: Instant
}

export interface MatrixRange {
  readonly from?: BusinessDate
  readonly to?: BusinessDate
  readonly now: Instant
}

const DONE: readonly Cell[] = ['loaded', 'waived', 'off', 'not_due']

/** Pure: location x business date x stream, oldest date first. */
export function completeness(
  definition: PipelineDefinition,
  slices: readonly Slice[],
  { from, to, now }: MatrixRange,
): readonly MatrixRow[] {
  const known = new Map(slices.map((slice) => [`${slice.location}/${slice.date}/${slice.stream}`, slice.state]))
  const places = allLocations(definition, slices)
  const dates = datesBetween(
    from ?? addDays(localDate(now, 'UTC'), -definition.lookBackDays),
    to ?? localDate(now, 'UTC'),
  )
  return dates.flatMap((date) =>
    places
      .filter((location) => standing(location, date) !== 'inactive')
      .map((location) => toRow(definition, { location, date, now }, known))
      .filter(({ cells }) => ![...cells.values()].every((cell) => cell === 'not_due')),
  )
}

function toRow(
  definition: PipelineDefinition,
  { location, date, now }: { location: LocationConfig; date: BusinessDate; now: Instant },
  known: ReadonlyMap<string, SliceState>,
): MatrixRow {
  const { dueAt, goneAt } = readiness(definition, location, date)
  const expected = new Set(expectedContracts(definition, location).map(({ stream }) => stream))
  const waived = standing(location, date) === 'closed'
  const cells = new Map<string, Cell>(
    [...definition.contracts.keys()].map((stream) => {
      const state = known.get(`${location.id}/${date}/${stream}`)
      if (state) return [stream, state]
      if (!expected.has(stream)) return [stream, 'off']
      if (waived) return [stream, 'waived']
      return [stream, now < dueAt ? 'not_due' : 'expected']
    }),
  )
  return {
    location: location.id,
    name: location.name,
    date,
    cells,
    complete: [...cells.values()].every((cell) => DONE.includes(cell)),
    goneAt,
  }
}

/** Those of the configuration, and those that were imported from folders without being in it. */
function allLocations(definition: PipelineDefinition, slices: readonly Slice[]): readonly LocationConfig[] {
  const configured = definition.locations.filter(({ pipelines }) => pipelines.includes(definition.name))
  const ids = new Set(configured.map(({ id }) => id))
  const others = [...new Set(slices.map(({ location }) => location))].filter((id) => !ids.has(id)).sort()
  return [...configured, ...others.map(toGuest)]
}

// Only dates that have slices are shown for it, so its zone decides nothing but the expiry.
function toGuest(id: string): LocationConfig {
  return { id, name: id, time_zone: 'UTC', closeout_hour: 4, pipelines: [], closed: [], streams_off: [] }
}
