import type { Contract } from '../../contract/contract.ts'
import { namedFiles } from '../../contract/file-name.ts'
import type { OtherEntry } from '../../lib/listing.ts'
import { type PipelineDefinition, readContracts } from '../definition.ts'
import type { BusinessDate, SourceFile } from '../entities.ts'
import { readerOf } from '../read/readers.ts'
import type { ShardConfig } from '../shard.ts'
import { lookBeside } from './beside.ts'
import type { SourceSession } from './extract.ts'
import { findFile, namesOf } from './packed.ts'

/** Entries of the folder of a day; none where it does not exist. */
interface ListedDay {
  readonly files: ReadonlyMap<string, SourceFile>
  readonly others: readonly OtherEntry[]
  readonly isWhole: boolean
}

/** A folder that is empty, or was not looked at. */
export const NOTHING_LISTED: ListedDay = { files: new Map(), others: [], isWhole: true }

interface Asked {
  readonly definition: PipelineDefinition
  readonly shard: ShardConfig
  readonly window: BusinessDate
}

/** Lists the folder of a day. @throws {DaybreakError} as the source. */
export async function listDay({ definition, shard, window }: Asked, session: SourceSession): Promise<ListedDay> {
  const named = namedFiles(readContracts(definition, shard)).flatMap(namesOf)
  const held = { shard: shard.id, window }
  const listing = await session.use((source) => readerOf(definition).list(source, held, named))
  if (listing === null) return NOTHING_LISTED
  return { ...listing, files: new Map(listing.files.map((file) => [file.name, file])) }
}

/** A day as its contracts see it: their files, and the rest. */
export interface MatchedDay {
  /** The file of a contract, packed or not; null when it is not there. */
  fileOf(contract: Contract): SourceFile | null
  /** Files that no contract reads. */
  readonly loose: readonly SourceFile[]
  /** In words: entries that look like a file that is not there; '' when there are none. */
  readonly beside: (file: string) => string
}

/** Pure: finds the file of each contract. */
export function matchDay({ files, others }: ListedDay, contracts: readonly Contract[]): MatchedDay {
  const found = new Map(contracts.map((contract) => [contract.stream, findFile(contract, files)]))
  const read = new Set(found.values())
  const loose = [...files.values()].filter((file) => !read.has(file))
  return {
    fileOf: ({ stream }) => found.get(stream) ?? null,
    loose,
    beside: lookBeside([...loose.map(({ name }) => ({ name, kind: 'file' as const })), ...others]),
  }
}
