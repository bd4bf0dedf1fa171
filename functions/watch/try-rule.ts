import type { RuleConfig } from '../config/notify-config.ts'
import { addDays, localDate } from '../lib/business-date.ts'
import type { Facts } from '../notify/facts.ts'
import { type Firing, type Past, tryRule } from '../notify/rules.ts'
import type { PipelineDefinition } from '../pipeline/definition.ts'
import type { Ports } from '../pipeline/ports.ts'
import { gatherPast } from './facts.ts'

/** One time that a rule would have fired, and where. */
export interface TriedFiring extends Firing {
  readonly pipeline: string
}

const DAY = 86_400_000
const QUARTER = 15 * 60_000
// Slices beyond which the past is gone through by the hour.
const MANY = 20_000

/** Every time that a rule would have fired in the last days, newest first. Sends nothing and records nothing. */
export async function tryOver(
  rule: RuleConfig,
  { definitions, days }: { readonly definitions: readonly PipelineDefinition[]; readonly days: number },
  { ledger, clock }: Pick<Ports, 'ledger' | 'clock'>,
): Promise<readonly TriedFiring[]> {
  const to = clock.now()
  const asked = definitions.filter(({ name }) => rule.pipeline === undefined || rule.pipeline === name)
  const firings: TriedFiring[] = []
  for (const definition of asked) {
    const range = { from: addDays(localDate(to, 'UTC'), -days - definition.lookBackDays), to: localDate(to, 'UTC') }
    const facts = await gatherPast(definition, range, ledger)
    const context = { rule, zones: zonesOf(definition) }
    const past = { from: to - days * DAY, to, every: stepFor(facts) }
    firings.push(...tryRule(context, facts, aligned(past)).map((one) => ({ ...one, pipeline: definition.name })))
  }
  return firings.toSorted((a, b) => b.from - a.from)
}

/** The zone of each shard of a pipeline. */
export function zonesOf({ shards }: Pick<PipelineDefinition, 'shards'>): ReadonlyMap<string, string> {
  return new Map(shards.map(({ id, timeZone }) => [id, timeZone]))
}

function stepFor({ slices }: Facts): number {
  return slices.length > MANY ? 4 * QUARTER : QUARTER
}

/** Passes on the quarter of an hour: times of day are there, in every zone. */
function aligned({ from, to, every }: Past): Past {
  return { from: Math.ceil(from / every) * every, to, every }
}
