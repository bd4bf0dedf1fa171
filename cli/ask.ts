import { withReaderOf } from '../functions/compose/ask.ts'
import { loadProject, type Project } from '../functions/config/project.ts'
import type { Answer, Question, Reader } from '../functions/pipeline/ports.ts'
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
  const onWait = (holder: string) => {
    if (options.verbosity !== 'quiet')
      context.stderr.write(`Waiting for another process to finish with the warehouse: ${cellText(holder)}\n`)
  }
  const { clock, program } = context
  return await withReaderOf({ project, pipeline }, { clock, log, program }, (reader) =>
    work(reader, { signal: context.signal, onWait }, project),
  )
}
