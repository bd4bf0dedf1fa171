import { join } from 'node:path'
import { fileOf } from '../../contract/contract.ts'
import { matchesFile } from '../../contract/file-name.ts'
import { toDaybreakError } from '../../errors.ts'
import { quoteName } from '../../lib/plain-name.ts'
import { isZip } from '../../lib/unpack.ts'
import type { PipelineDefinition } from '../definition.ts'
import type { BusinessDate, Instant, KeptFile, Run, SourceFile } from '../entities.ts'
import { incidentCause } from '../incident-cause.ts'
import type { Change, Ports } from '../ports.ts'
import { dayNamed, type Words } from '../slice-words.ts'
import { isSameFile, judgeStillness, type StillnessInput } from './decide.ts'
import { isBrokenConnection, land, type SourceSession } from './extract.ts'

/** Files of a day's folder that no contract of the location reads, and what is known of them. */
export interface OtherFiles {
  readonly pipeline: string
  readonly shard: string
  readonly window: BusinessDate
  /** As they are listed now, by name. */
  readonly files: readonly SourceFile[]
  /** False when the folder has more entries than a listing reads. */
  readonly isWhole: boolean
  readonly known: readonly KeptFile[]
  readonly looking: Omit<StillnessInput, 'file' | 'sighting' | 'now'>
}

/** Those that no contract reads as the pipeline is now: a contract may be younger than the file. */
export function withoutContract(
  kept: readonly KeptFile[],
  { contracts }: Pick<PipelineDefinition, 'contracts'>,
): readonly KeptFile[] {
  const files = [...contracts.values()].map(fileOf)
  return kept.filter(({ source }) => !files.some((file) => matchesFile(file, source.name)))
}

/** Work that is to be done about them. */
interface KeepPlan {
  readonly read: readonly SourceFile[]
  /** Rows of those that wait for a second look. */
  readonly wait: readonly KeptFile[]
  /** Those beyond the bounds of one day. */
  readonly beyond: readonly SourceFile[]
}

/** Most files of a day that are archived without a contract. Files beyond it are reported, and stay at the source. */
export const MOST_FILES = 100
/** Most bytes of a day that are archived without a contract: 1 GiB. */
export const MOST_BYTES = 1_073_741_824
const NAMED = 5

/** Pure. In the order of names; a file that is known as it is takes its place within the bounds. */
export function planKeeping({ files, known, looking, ...day }: OtherFiles, now: Instant): KeepPlan {
  const byName = new Map(known.map((file) => [file.source.name, file]))
  const plan: { read: SourceFile[]; wait: KeptFile[]; beyond: SourceFile[] } = { read: [], wait: [], beyond: [] }
  let bytes = 0
  for (const [index, file] of files.entries()) {
    const before = byName.get(file.name)
    bytes += file.bytes
    if (index >= MOST_FILES || bytes > MOST_BYTES) plan.beyond.push(file)
    else if (before && isDone(before, file)) continue
    else if (file.refusal !== undefined || wasTooLarge(before, file)) plan.read.push(file)
    else {
      const found = judgeStillness({ ...looking, file, sighting: before?.sighting ?? null, now })
      const { pipeline, shard, window } = day
      if (found.read) plan.read.push(file)
      else
        plan.wait.push({
          ...{ pipeline, shard, window, source: file, raw: before?.raw ?? null, at: now },
          ...{ sighting: found.sighting, reason: found.reason },
        })
    }
  }
  return plan
}

/**
 * Zip archives among the other files of a folder: one that is to be archived now, so that what it holds is looked at in the same
 * run, and one that may still be written.
 */
export function zipArchives(
  others: OtherFiles,
  now: Instant,
): { readonly isNew: boolean; readonly isWaiting: boolean } {
  const { read, wait } = planKeeping(others, now)
  return { isNew: read.some(isZip), isWaiting: wait.some(({ source }) => isZip(source)) }
}

// Refused before its first byte, so another look costs nothing, and the limit may have been raised since.
function wasTooLarge(before: KeptFile | undefined, file: SourceFile): boolean {
  return before?.reason?.code === 'FILE_TOO_LARGE' && isSameFile(before.source, file)
}

// An unreadable file is tried again at every look.
function isDone({ source, sighting, raw }: KeptFile, file: SourceFile): boolean {
  return isSameFile(source, file) && sighting === null && raw !== null
}

type KeepPorts = Pick<Ports, 'objects' | 'clock' | 'ledger' | 'words'>

interface KeepContext {
  readonly run: Run
  readonly session: SourceSession
  readonly scratch: string
  readonly signal?: AbortSignal | undefined
}

/**
 * Archives the other files of a day as they are: a contract that is written next year is filled from them. A file that cannot
 * be read keeps its reason; a source that broke off leaves the rest to the next look.
 * @throws {DaybreakError} as `ObjectStore.put`, and CANCELLED.
 */
export async function keepFiles(
  others: OtherFiles,
  { run, session, scratch, signal }: KeepContext,
  ports: KeepPorts,
): Promise<void> {
  if (others.files.length === 0 && others.isWhole) return
  const plan = planKeeping(others, ports.clock.now())
  const rows: KeptFile[] = [...plan.wait]
  for (const file of plan.read) {
    const kept = await keep(file, others, { session, scratch, signal }, ports)
    if (kept === null) break
    rows.push(kept)
  }
  const changes = rows.map((file): Change => ({ change: 'kept_file', file }))
  await ports.ledger.apply([
    ...changes,
    ...report(plan, others, { run, now: ports.clock.now(), words: ports.words(others.pipeline) }),
  ])
}

/** Null when the connection broke: that says nothing about the file. */
async function keep(
  file: SourceFile,
  { pipeline, shard, window, known }: OtherFiles,
  { session, scratch, signal }: Omit<KeepContext, 'run'>,
  { objects, clock }: Pick<Ports, 'objects' | 'clock'>,
): Promise<KeptFile | null> {
  const before = known.find(({ source }) => source.name === file.name)
  const row = { pipeline, shard, window, source: file, sighting: null, at: clock.now() }
  const key = { pipeline, shard, window, stream: '' }
  const path = join(scratch, 'other.raw')
  try {
    const { raw } = await land({ key, file, path, known: before?.raw ?? null, signal }, session, objects)
    return { ...row, raw, reason: null }
  } catch (error) {
    const { code, message } = toDaybreakError(error)
    if (isBrokenConnection(error)) return null
    if (code !== 'FILE_CHANGED' && code !== 'FILE_TOO_LARGE' && code !== 'SOURCE_READ_FAILED') throw error
    return { ...row, raw: before?.raw ?? null, reason: { code, message } }
  }
}

function report(
  { beyond, read, wait }: KeepPlan,
  { pipeline, shard, window, isWhole }: OtherFiles,
  { run, now, words }: { readonly run: Run; readonly now: Instant; readonly words: Words },
): readonly Change[] {
  const cause = incidentCause.archive(pipeline, shard)
  if (beyond.length === 0 && isWhole)
    return read.length + wait.length > 0
      ? [{ change: 'incident_resolved', key: cause.key, subject: window, at: now }]
      : []
  const names = beyond.slice(0, NAMED).map(({ name }) => quoteName(name))
  const some = names.length > 0 ? `: ${names.join(', ')}${beyond.length > NAMED ? ', ...' : ''}` : ''
  const count = isWhole ? `${beyond.length}` : `more than ${beyond.length}`
  const message = `${dayNamed({ shard, window }, words)}: ${count} files of the folder that no contract reads are not archived, since a day keeps ${MOST_FILES} of them and ${MOST_BYTES / 1_048_576} MiB${some}`
  return [
    {
      change: 'incident_opened',
      ...cause,
      subject: window,
      severity: 'warning',
      reason: { code: 'FILE_NOT_ARCHIVED', message },
      runId: run.id,
      at: now,
    },
  ]
}
