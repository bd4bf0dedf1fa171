import { type DestinationInUse, destinationsInUse } from '../functions/compose/destinations.ts'
import { openLedger } from '../functions/compose/ports.ts'
import { openReader } from '../functions/compose/reader.ts'
import { openSecrets } from '../functions/compose/secrets.ts'
import { loadProject, type Project } from '../functions/config/project.ts'
import { type Contract, fileOf } from '../functions/contract/contract.ts'
import { DaybreakError } from '../functions/errors.ts'
import { didYouMean } from '../functions/lib/did-you-mean.ts'
import type { Answer, Question, Reader } from '../functions/pipeline/ports.ts'
import { wordsOf } from '../functions/pipeline/slice-words.ts'
import { missingTable, whyNoTable } from '../functions/pipeline/views/missing-table.ts'
import type { Call } from './command.ts'
import { createLog } from './log.ts'
import { cellText } from './table.ts'

/** The parts of a command that a question needs. */
export type More = Pick<Question, 'signal' | 'onWait'>

type Asked = Pick<Question, 'sql' | 'limit' | 'countTo' | 'timeout'>
type Asker = Pick<Call, 'options' | 'context'>

/** Asks the destination of a pipeline, or of all if they share one. A table that is not there yet is explained by what the ledger knows of its files. */
export async function askWarehouse(question: Asked, call: Asker, pipeline?: string): Promise<Answer> {
  return await withReader(call, (reader, more) => reader.ask({ ...question, ...more }), pipeline)
}

/** Opens a reader of the destination of a pipeline, or of all if they share one, for some work with it. */
export async function withReader<Result>(
  call: Asker,
  work: (reader: Reader, more: More, project: Project) => Promise<Result>,
  pipeline?: string,
): Promise<Result> {
  const { context, options } = call
  const { projectDir, environment } = options
  const project = await loadProject({ projectDir, environment, env: context.env, isForModels: true })
  const log = createLog(context.stderr, options, context.clock.now)
  const reader = await openReader(choose(project, pipeline), project, {
    clock: context.clock,
    log,
    program: context.program,
  })
  const onWait = (holder: string) => {
    if (options.verbosity !== 'quiet')
      context.stderr.write(`Waiting for another process to finish with the warehouse: ${cellText(holder)}\n`)
  }
  try {
    return await work(reader, { signal: context.signal, onWait }, project)
  } catch (error) {
    throw await explained(error, project, { clock: context.clock, log })
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

async function explained(
  error: unknown,
  project: Project,
  rest: Pick<Parameters<typeof openSecrets>[1], 'clock' | 'log'>,
) {
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
  const secrets = await openSecrets(project, rest)
  const ledger = await openLedger(project, { secrets, ...rest })
  try {
    const why = await whyNoTable(about, ledger)
    const details = { next: 'daybreak status' }
    return new DaybreakError('NOT_FOUND', `no table yet: ${why}`, { details, cause: error })
  } finally {
    await ledger.close()
    await secrets.close()
  }
}
