import { fileOf } from '../../contract/contract.ts'
import type { PipelineDefinition } from '../definition.ts'
import type { CheckResult, RunScope } from '../entities.ts'
import { judge, type Verdict } from './check.ts'
import type { CrossResult } from './cross-check.ts'
import { isMade, type MadeItem, type PreparedItem } from './item.ts'

interface PublishContext {
  readonly definition: PipelineDefinition
  readonly scope: RunScope
  /** Results beside those of the transform, by stream. */
  readonly own: ReadonlyMap<string, readonly CheckResult[]>
}

/** Verdicts on the files of a day that became a part, by stream. */
type Verdicts = ReadonlyMap<string, Verdict>

/** Pure: which files may be published as far as each can tell by itself, and those that came with files of another day. */
export function judgeFiles(items: readonly PreparedItem[], context: PublishContext): Verdicts {
  const made = items.filter(isMade)
  const verdicts = new Map(made.map((item) => [item.key.stream, judgeOne(item, context)]))
  const strangers = strangersOf(made, verdicts)
  if (strangers.length === 0) return verdicts
  for (const item of made) {
    const companion = companionVerdict(item, strangers, verdicts)
    if (companion && clearanceOf(item, context.scope) === 'none' && !context.scope.force)
      verdicts.set(item.key.stream, companion)
  }
  return verdicts
}

/** An item after its judgement: one that became a part has its verdict. */
export type JudgedItem = Exclude<PreparedItem, MadeItem> | JudgedPart

/** An item that became a part, with its verdict. */
export type JudgedPart = MadeItem & { readonly verdict: Verdict }

/** Pure: the items with their verdicts, once files were compared with each other. A check between files refuses each of its streams. */
export function judgeTogether(
  items: readonly PreparedItem[],
  { files, cross, ...context }: PublishContext & { readonly files: Verdicts; readonly cross: readonly CrossResult[] },
): readonly JudgedItem[] {
  return items.map((item) => {
    if (!isMade(item)) return item
    const { stream } = item.key
    const alone = files.get(stream) ?? judgeOne(item, context)
    const crossing = cross.filter(({ streams }) => streams.includes(stream)).map(({ result }) => result)
    return { ...item, verdict: alone.stage && crossing.length > 0 ? judgeOne(item, context, crossing) : alone }
  })
}

function judgeOne(
  item: MadeItem,
  { definition, scope, own }: PublishContext,
  crossing: readonly CheckResult[] = [],
): Verdict {
  return judge({
    counts: item.made.counts,
    hidden: item.made.hidden ?? 0,
    checks: [...item.made.checks, ...(own.get(item.key.stream) ?? []), ...crossing],
    budget: item.contract.reject_budget ?? definition.config.reject_budget,
    allowance: definition.config.reject_allowance,
    force: scope.force ?? false,
    clearance: clearanceOf(item, scope),
  })
}

/** Why a hold does not hold these bytes: they are published already, a person released them, or they came a second time. */
function clearanceOf(
  { raw, slice, past, file }: MadeItem,
  scope: RunScope,
): 'none' | 'released' | 'confirmed' | 'published' {
  if (slice.delivery?.raw.sha256 === raw.sha256) return 'published'
  if (scope.release?.includes(raw.sha256)) return 'released'
  const held = past.find((record) => record.state === 'held' && record.raw.sha256 === raw.sha256)
  // The same file at the same place is no second delivery: it is written anew when its time is another.
  const isAgain = held !== undefined && file !== null && held.source?.modifiedAt !== file.modifiedAt
  return isAgain ? 'confirmed' : 'none'
}

/** Files with rows that are held because they are of another day or location: not those that only lost rows. */
function strangersOf(items: readonly MadeItem[], verdicts: Verdicts): readonly MadeItem[] {
  const held = items.filter((item) => {
    const verdict = verdicts.get(item.key.stream)
    return verdict?.stage === false && verdict.state === 'held' && !isLoss(item, verdict)
  })
  const arrived = items.filter(hasRows)
  return held.length * 2 >= arrived.length ? held : []
}

const hasRows = ({ made }: MadeItem): boolean => made.counts.accepted > 0

function isLoss({ contract }: MadeItem, { reason }: Extract<Verdict, { stage: false }>): boolean {
  return contract.checks.some((check) => 'loss' in check && reason.message.startsWith(`check ${check.name}:`))
}

/** A report without dates cannot tell its day: where most files of a delivery are of another day, it waits with them. */
function companionVerdict(item: MadeItem, strangers: readonly MadeItem[], verdicts: Verdicts): Verdict | null {
  if (!hasRows(item) || verdicts.get(item.key.stream)?.stage !== true) return null
  const names = strangers.map(({ contract }) => fileOf(contract)).join(', ')
  const message = `${fileOf(item.contract)} came with files that are held: ${names}`
  return { stage: false, state: 'held', reason: { code: 'FILE_HELD', message } }
}
