import type { PipelineDefinition } from '../../functions/pipeline/definition.ts'
import { plannerOf } from '../../functions/pipeline/plan/planners.ts'
import { aDefinition, at } from '../support/definition.ts'
import type { Chance } from './chance.ts'
import { type Content, contentOf, type Kind } from './file.ts'

/** The business dates of every simulation. */
export const DATES = ['2025-02-05', '2025-02-06'] as const
/** Before anything is due. */
export const START = at('2025-02-06T08:00:00Z')
/** Nothing is written after it, and nothing goes wrong. */
export const CALM = at('2025-02-08T06:00:00Z')

/** A sender writes a file. */
export interface Writing {
  readonly at: number
  readonly path: string
  readonly content: Content
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** Two restaurants, two streams, two days. */
export function definitionOf(): PipelineDefinition {
  const definition = aDefinition()
  const locations = definition.shards.map((location) => ({
    ...location,
    activeFrom: DATES[0],
    activeTo: DATES[1],
  }))
  return { ...definition, shards: locations }
}

/** Files that the restaurants write, and when: on time, late, never, by halves, wrong, corrected, and corrected back. */
export function drawWritings(definition: PipelineDefinition, chance: Chance): readonly Writing[] {
  return definition.shards.flatMap((location) =>
    DATES.flatMap((date) =>
      [...definition.contracts.keys()].flatMap((stream) => {
        if (location.closed.includes(date)) return []
        const { dueAt } = plannerOf(definition).readiness(location, date)
        const path = `/${location.id}/${date.replaceAll('-', '')}/${stream}.csv`
        return drawFile(path, { name: `${location.id}/${stream}`, dueAt }, chance)
      }),
    ),
  )
}

function drawFile(
  path: string,
  { name, dueAt }: { readonly name: string; readonly dueAt: number },
  chance: Chance,
): readonly Writing[] {
  if (chance.is(0.08)) return []
  const late = chance.is(0.15) ? chance.integer(2 * HOUR, 12 * HOUR) : 0
  const first = dueAt - 30 * MINUTE + chance.integer(0, 50 * MINUTE) + late
  const whole = contentOf(drawKind(chance), name, 1)
  const writings: Writing[] = []
  if (chance.is(0.2) && whole.text.length > 50)
    writings.push({ at: first - MINUTE, path, content: { kind: 'cut', text: whole.text.slice(0, 50) } })
  writings.push({ at: first, path, content: whole })
  const corrections = chance.is(0.45) ? chance.integer(1, 3) : 0
  let time = first
  let newest = whole
  for (let version = 2; version < 2 + corrections; version++) {
    time += chance.is(0.5) ? chance.integer(3 * MINUTE, 30 * MINUTE) : chance.integer(1 * HOUR, 16 * HOUR)
    // A, B, A: a correction that is taken back.
    newest = chance.is(0.4) && newest !== whole ? whole : contentOf(drawKind(chance), name, version)
    writings.push({ at: time, path, content: newest })
  }
  return writings.filter((writing) => writing.at < CALM)
}

function drawKind(chance: Chance): Kind {
  const draw = chance.next()
  if (draw < 0.05) return 'empty'
  if (draw < 0.1) return 'header'
  if (draw < 0.2) return 'few bad rows'
  if (draw < 0.25) return 'many bad rows'
  if (draw < 0.28) return 'cut'
  return 'good'
}
