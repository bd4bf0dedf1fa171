import type { RuleConfig } from '../config/notify-config.ts'
import type { Facts } from '../notify/facts.ts'
import { NEW_RULE, type RuleState, type RuleStep, stepRule, wordsOf } from '../notify/rules.ts'
import { FINDINGS, watch } from '../notify/watch.ts'
import { namesInWords } from '../notify/words.ts'
import type { PipelineDefinition } from '../pipeline/definition.ts'
import type { Instant } from '../pipeline/entities.ts'
import { incidentCause } from '../pipeline/incident-cause.ts'
import type { Change } from '../pipeline/ports.ts'
import { UNRESOLVED } from '../pipeline/views/incidents.ts'
import { gatherNow } from './facts.ts'
import { recall } from './memory.ts'
import type { WatchPorts } from './ports.ts'
import { zonesOf } from './try-rule.ts'

/** Judges every pipeline: findings of the watch and rules become incidents, and those that are over are resolved. */
export async function findTrouble({ ledger, definitions, config, clock, memory }: WatchPorts): Promise<void> {
  await recall(memory, definitions.values(), { ledger, now: clock.now() })
  for (const definition of definitions.values()) {
    const now = clock.now()
    const remembered = memory.pipelines.get(definition.name)
    if (!remembered) continue
    const facts = gatherNow(definition, now, remembered)
    const rules = config.rules.filter(({ pipeline }) => pipeline === undefined || pipeline === definition.name)
    const judged = []
    for (const rule of rules) judged.push(...(await judge(rule, { definition, facts, now }, ledger)))
    const open = await ledger.incidents({ keyPrefix: `watch/${definition.name}/`, states: UNRESOLVED })
    const found = findings(definition, facts, { now, open: open.map(({ key }) => key) })
    const changes = [...found, ...judged]
    if (changes.length > 0) await ledger.apply(changes)
  }
}

interface Standing {
  readonly now: Instant
  /** Keys of findings that are open. */
  readonly open: readonly string[]
}

function findings({ name }: PipelineDefinition, facts: Facts, { now, open }: Standing): readonly Change[] {
  const found = new Map(watch(facts, now).map((finding) => [finding.name, finding]))
  return FINDINGS.flatMap((finding): readonly Change[] => {
    const cause = incidentCause.watch(name, finding)
    const own = found.get(finding)
    if (own) {
      const { severity, reason } = own
      return [{ change: 'incident_opened', ...cause, severity, reason, runId: null, at: now }]
    }
    // A change that changes nothing would still be told to every page that is open.
    return open.includes(cause.key) ? [{ change: 'incident_resolved', key: cause.key, at: now }] : []
  })
}

interface Judgement {
  readonly definition: PipelineDefinition
  readonly facts: Facts
  readonly now: Instant
}

/** One pass of a rule. Its memory is a mark, written together with the incidents that follow from it. */
async function judge(
  rule: RuleConfig,
  { definition, facts, now }: Judgement,
  ledger: WatchPorts['ledger'],
): Promise<readonly Change[]> {
  const name = `rule/${rule.id}/${definition.name}`
  const stored = (await ledger.mark(name))?.value
  const before = stored === undefined ? NEW_RULE : (JSON.parse(stored) as RuleState)
  const step = stepRule({ rule, zones: zonesOf(definition) }, before, { facts, at: now })
  const value = JSON.stringify(step.state)
  const changes = incidentsOf(rule, definition, { step, now })
  return value === stored ? changes : [...changes, { change: 'mark', mark: { name, value, at: now } }]
}

function incidentsOf(
  rule: RuleConfig,
  { name, shards }: PipelineDefinition,
  { step, now }: { readonly step: RuleStep; readonly now: Instant },
): readonly Change[] {
  const cause = incidentCause.rule(name, rule.id)
  const names = new Map(shards.map((shard) => [shard.id, shard.name]))
  const severity = rule.severity === 'page' ? 'error' : 'warning'
  const opened = step.fired.map(({ subject, sample }): Change => {
    const who = step.fired.map((each) => names.get(each.sample.name) ?? each.sample.name)
    const message = `${wordsOf(rule, sample.value)}: ${namesInWords(who, MOST_NAMED)}`
    const reason = { code: 'RULE_FIRED', message } as const
    return { change: 'incident_opened', ...cause, subject, severity, reason, runId: null, at: now }
  })
  const cleared = step.cleared.map(
    (subject): Change => ({ change: 'incident_resolved', key: cause.key, subject, at: now }),
  )
  return [...cleared, ...opened]
}

const MOST_NAMED = 5
