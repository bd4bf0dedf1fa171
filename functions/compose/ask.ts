import type { Project } from '../config/project.ts'
import { type Contract, fileOf } from '../contract/contract.ts'
import { DaybreakError } from '../errors.ts'
import { didYouMean } from '../lib/did-you-mean.ts'
import type { Clock, Log, Reader } from '../pipeline/ports.ts'
import { wordsOf } from '../pipeline/slice-words.ts'
import { missingTable, whyNoTable } from '../pipeline/views/missing-table.ts'
import { type DestinationInUse, destinationsInUse } from './destinations.ts'
import { openLedger } from './ports.ts'
import { openReader } from './reader.ts'
import { openSecrets } from './secrets.ts'

interface Asking {
  readonly clock: Clock
  readonly log: Log
  /** How the program is started that answers in a process of its own. */
  readonly program: Parameters<typeof openReader>[2]['program']
}

/**
 * Opens a reader of the destination of a pipeline, or of all if they share one, for some work with it. A table that is not there
 * yet is explained by what the ledger knows of its files. @throws {DaybreakError} USAGE_INVALID when the destination is not known.
 */
export async function withReaderOf<Result>(
  { project, pipeline }: { readonly project: Project; readonly pipeline: string | undefined },
  asking: Asking,
  work: (reader: Reader) => Promise<Result>,
): Promise<Result> {
  const reader = await openReader(choose(project, pipeline), project, asking)
  try {
    return await work(reader)
  } catch (error) {
    throw await explained(error, project, asking)
  }
}

/** One question is answered by one destination. @throws {DaybreakError} USAGE_INVALID when it is not known which. */
function choose(project: Project, pipeline: string | undefined): DestinationInUse {
  const all = destinationsInUse(project)
  const [first] = all
  if (first && all.length === 1 && pipeline === undefined) return first
  const found = all.find(({ pipelines }) => pipelines.some((name) => name === pipeline))
  if (found) return found
  const names = [...project.pipelines.keys()]
  const what =
    pipeline === undefined
      ? 'the pipelines have several destinations; name the pipeline whose one is asked with `--pipeline`'
      : `there is no pipeline ${JSON.stringify(pipeline)}`
  const guess = pipeline === undefined ? '' : didYouMean(pipeline, names)
  throw new DaybreakError('USAGE_INVALID', `${what}: ${names.join(', ')}.${guess}`, {
    details: { next: 'daybreak tables' },
  })
}

async function explained(error: unknown, project: Project, { clock, log }: Pick<Asking, 'clock' | 'log'>) {
  const table = missingTable(error)
  if (table === null || !(error instanceof DaybreakError)) return error
  const streams = [...project.pipelines.values()].flatMap((config) => {
    const { pipeline } = config
    const contracts = project.contracts.get(pipeline) ?? new Map<string, Contract>()
    const words = wordsOf({ config, contracts })
    return [...contracts.values()].map((contract) => ({
      pipeline,
      stream: contract.stream,
      file: fileOf(contract),
      words,
    }))
  })
  const about = streams.filter(({ stream }) => table === '' || stream === table)
  if (about.length === 0) return error
  const secrets = await openSecrets(project, { clock, log })
  const ledger = await openLedger(project, { secrets, clock, log })
  try {
    const why = await whyNoTable(about, ledger)
    const details = { next: 'daybreak status' }
    return new DaybreakError('NOT_FOUND', `no table yet: ${why}`, { details, cause: error })
  } finally {
    await ledger.close()
    await secrets.close()
  }
}
