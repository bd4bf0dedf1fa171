import { type Contract, fileOf } from '../../contract/contract.ts'
import { matchesFile } from '../../contract/file-name.ts'
import { decisionFolder, type KeptChange, parseDecision } from '../decision-record.ts'
import type { PipelineDefinition } from '../definition.ts'
import type { BusinessDate, Instant, Manifest, RawObject, SliceKey } from '../entities.ts'
import { parseManifest } from '../manifest.ts'
import type { Ports } from '../ports.ts'
import { namesOf } from '../steps/list-day.ts'

/** One day of a location, as its decisions left it: changes to apply together, each about another row. */
interface DecidedDay {
  readonly shard: string
  readonly window: BusinessDate
  readonly changes: readonly KeptChange[]
}

/** Highest number of a partition's manifests, and the newest of them that can be read. */
export interface FoundPartition {
  readonly stream: string
  readonly window: BusinessDate
  readonly number: number
  readonly manifest: Manifest | null
}

/** An object that should say something and does not. */
export interface Unreadable {
  readonly object: string
  readonly problem: string
}

/** Reports an object that is skipped. */
export type Skip = (unreadable: Unreadable) => void

/** The decisions of each day of a location, the newest of each row. Holds one day at a time. */
export async function* decidedDays(
  { name }: PipelineDefinition,
  { objects }: Pick<Ports, 'objects'>,
  skip: Skip,
): AsyncGenerator<DecidedDay> {
  let day = ''
  let changes: KeptChange[] = []
  for await (const { name: object } of objects.list(decisionFolder(name))) {
    const folder = object.slice(0, object.lastIndexOf('/'))
    if (folder !== day && changes.length > 0) yield toDay(day, changes)
    if (folder !== day) changes = []
    day = folder
    const decision = parseDecision(await objects.get(object))
    if (decision) changes.push(...decision.changes)
    else skip({ object, problem: 'is no decision' })
  }
  if (changes.length > 0) yield toDay(day, changes)
}

function toDay(folder: string, changes: readonly KeptChange[]): DecidedDay {
  const [, , window = '', shard = ''] = folder.split('/')
  const newest = new Map<string, KeptChange>()
  for (const change of changes) {
    const row = rowOf(change)
    newest.delete(row)
    newest.set(row, change)
  }
  return { shard, window, changes: [...newest.values()] }
}

/** Changes with the same text are about the same row. */
function rowOf(change: KeptChange): string {
  switch (change.change) {
    case 'slice':
      return `slice ${change.slice.stream}`
    case 'delivery':
      return `delivery ${change.delivery.stream} ${change.delivery.raw.sha256}`
    case 'checks':
      return `checks ${change.key.stream}`
    case 'incident_opened':
    case 'incident_resolved':
      return `incident ${change.key} ${change.subject ?? ''}`
    case 'constants':
      return `constants ${JSON.stringify(change.constants)}`
  }
}

/** Partitions that have manifests. A manifest that cannot be read is skipped for the one before it. */
export async function foundPartitions(
  { name: pipeline }: PipelineDefinition,
  { objects }: Pick<Ports, 'objects'>,
  skip: Skip,
): Promise<readonly FoundPartition[]> {
  const numbers = new Map<string, number[]>()
  for await (const { name } of objects.list(`manifests/${pipeline}/`)) {
    const [, folder, number] = /^(.*)\/(\d{1,15})\.json$/.exec(name) ?? []
    if (folder && number) numbers.set(folder, [...(numbers.get(folder) ?? []), Number(number)])
  }
  const found: FoundPartition[] = []
  for (const [folder, all] of numbers) {
    const [, , stream = '', window = ''] = folder.split('/')
    const newestFirst = all.toSorted((a, b) => b - a)
    const manifest = await newestReadable(folder, newestFirst, { objects, skip })
    found.push({ stream, window, number: newestFirst[0] ?? 0, manifest })
  }
  return found
}

async function newestReadable(
  folder: string,
  newestFirst: readonly number[],
  { objects, skip }: { readonly objects: Ports['objects']; readonly skip: Skip },
): Promise<Manifest | null> {
  for (const number of newestFirst) {
    const object = `${folder}/${number}.json`
    const bytes = await objects.get(object)
    try {
      return parseManifest(bytes)
    } catch {
      skip({ object, problem: 'is no manifest' })
    }
  }
  return null
}

/** The newest raw object of a file of a day. */
export interface FoundRaw {
  readonly key: SliceKey
  /** Name that the file had in the folder of its day. */
  readonly file: string
  readonly raw: RawObject
  readonly createdAt: Instant
}

/** The newest raw objects: of slices, whose file a contract knows, and of the other files of days. */
interface FoundRaws {
  readonly slices: readonly FoundRaw[]
  /** Their stream is ''. */
  readonly others: readonly FoundRaw[]
}

/** Lists the archive once. */
export async function newestRaws(
  definition: PipelineDefinition,
  { objects }: Pick<Ports, 'objects'>,
): Promise<FoundRaws> {
  const contracts = [...definition.contracts.values()]
  const newest = new Map<string, FoundRaw>()
  for await (const { name, bytes, createdAt } of objects.list(`raw/${definition.name}/`)) {
    const [, pipeline = '', shard, window, file, sha256] = name.split('/')
    // A download of several days is kept whole in the place of a date, in addition to the days that were cut out of it.
    if (!shard || !window || window === 'downloads' || !file || !sha256) continue
    const stream = contracts.find((contract) => isFileOf(contract, file))?.stream ?? ''
    const row = `${window}/${shard}/${stream === '' ? `other/${file}` : stream}`
    if (createdAt < (newest.get(row)?.createdAt ?? 0)) continue
    newest.set(row, {
      key: { pipeline, stream, shard, window },
      file,
      raw: { object: name, sha256, bytes },
      createdAt,
    })
  }
  const { slices = [], others = [] } = Object.groupBy(newest.values(), ({ key }) =>
    key.stream === '' ? 'others' : 'slices',
  )
  return { slices, others }
}

/** True for the file of a contract, plain or packed. */
function isFileOf(contract: Contract, name: string): boolean {
  return namesOf(fileOf(contract)).some((file) => matchesFile(file, name))
}
