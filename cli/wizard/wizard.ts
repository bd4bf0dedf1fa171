import { mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DaybreakError } from '../../functions/errors.ts'
import { isTables } from '../../functions/pipeline/tables/tools.ts'
import type { Call } from '../command.ts'
import { runNow } from '../commands/run.ts'
import { withDaybreak } from '../open.ts'
import { dryRunTables, showTablePlan } from '../table-plan.ts'
import { readCount } from '../values.ts'
import { Left, missingFlags, silentAsker, terminalAsker } from './asker.ts'
import { freeName, settleConnection, textOf } from './connection.ts'
import { commandOf, type Flag, type Given } from './flags.ts'
import { type Answers, addStreams, renderPipeline } from './render.ts'
import { dropAnswers, filesOver, keptAnswers, keptPath, openSession, type Session } from './session.ts'
import { diffLines, highlight } from './show.ts'
import { STREAM_FLAGS, settleStream } from './stream.ts'
import { settleTables } from './tables.ts'

const CTRL_C = 130

type WizardCall = Pick<Call, 'options' | 'context' | 'output'>

/** Asks what is not given, shows the plan, and writes a pipeline that copies tables. Gives the exit code. */
export async function runWizard(given: Partial<Given>, call: WizardCall): Promise<number> {
  const { interactive, yes } = call.options
  const isAsking = interactive && !yes
  if (!isAsking) expectGiven(given)
  const ask = isAsking ? await terminalAsker(call.context) : silentAsker()
  try {
    ask.say(`daybreak init   ${call.options.projectDir}`)
    const kept = given.continue === true || (isAsking && Object.keys(given).length === 0) ? await keptAnswers(call) : {}
    const session = openSession(call, ask, { ...(await confirmKept(kept, given, ask)), ...given })
    await prepare(session)
    return await answerAndWrite(session)
  } catch (error) {
    if (!(error instanceof Left)) throw error
    call.context.stderr.write(
      `\nNothing was written to the project. The answers are kept in ${keptPath(call)}; \`daybreak init --continue\` goes on from them.\n`,
    )
    return CTRL_C
  }
}

/** Without these nothing can be asked of a server. @throws {DaybreakError} USAGE_INVALID naming all that are missing. */
function expectGiven(given: Partial<Given>): void {
  if (given.continue === true) return
  const missing = [
    ...(given.source === undefined ? ['--source NAME|KIND|URL'] : []),
    ...(given.tables === undefined && given.files === undefined ? ['--tables TABLE (or --files PATTERN)'] : []),
    ...(given.destination === undefined ? ['--destination NAME|KIND|URL'] : []),
  ]
  if (missing.length > 0) throw missingFlags(missing)
}

async function confirmKept(kept: Partial<Given>, { continue: isSaid }: Partial<Given>, ask: Session['ask']) {
  if (Object.keys(kept).length === 0 || isSaid === true) return kept
  const answer = await ask.choose({
    flag: '--continue',
    message: `An earlier wizard was left: ${[kept.source, kept.destination].filter(Boolean).join(' to ')}`,
    choices: [
      { value: 'continue', label: 'Go on from its answers' },
      { value: 'new', label: 'Begin anew' },
    ],
  })
  return answer === 'continue' ? kept : {}
}

const LOCAL = `# yaml-language-server: $schema=../schema/environment.json
version: 1
environment: local
objects: { kind: folder, root: '\${DAYBREAK_HOME}/objects' }
warehouse: { kind: duckdb, path: '\${DAYBREAK_HOME}/warehouse.duckdb' }
ledger: { kind: sqlite, path: '\${DAYBREAK_HOME}/ledger.sqlite' }
privacy: { hash_key: '\${DAYBREAK_HASH_KEY:-secret://hash_key}' }
`

/** A folder without a project gets what a project needs. */
async function prepare(session: Session): Promise<void> {
  const { environment } = session.call.options
  const path = `config/environments/${environment}.yaml`
  if (environment !== 'local' || (await textOf(session, path)) !== null) return
  session.files.set(path, LOCAL)
  if ((await textOf(session, '.gitignore')) === null) session.files.set('.gitignore', 'node_modules/\n.daybreak/\n')
}

async function answerAndWrite(session: Session): Promise<number> {
  const { ask, call } = session
  for (;;) {
    const answers = await settleAll(session)
    const path = `config/pipelines/${answers.pipeline}.yaml`
    await renderInto(path, answers, session)
    await showWork(answers, session)
    const next = await askNext(session)
    if (next === 'back') {
      await goBack(path, session)
      continue
    }
    call.context.signal.throwIfAborted()
    await writeFiles(session)
    await dropAnswers(call)
    await call.output.text(`Written: ${[...session.files.keys()].join(', ')}`)
    await call.output.text(`The same without questions:\n  ${commandOf(session.given())}`)
    if (next === 'run') return await runWritten(answers.pipeline, call)
    await call.output.text(`\nNext: daybreak run ${answers.pipeline}`)
    ask.say('Done.')
    return 0
  }
}

async function settleAll(session: Session): Promise<Answers> {
  const source = await settleConnection('source', session)
  const tables = await settleTables(source, session)
  const destination = await settleConnection('destination', session)
  const pipeline = await settleName(`${source.name}_to_${destination.name}`, session)
  const streams: Answers['streams'][number][] = []
  for (const table of tables)
    streams.push(await settleStream(table, { pipeline, source, destination, tables }, session))
  const { workers, every = null, 'batch-rows': rows } = session.given()
  return {
    ...{ pipeline, source: source.name, destination: destination.name, streams, every },
    workers: workers === undefined ? null : readCount('--workers', workers, { min: 1, max: 16 }),
    batchRows: rows === undefined ? null : readCount('--batch-rows', rows, { min: 1, max: 1e12 }),
  }
}

/** The name of the pipeline, and what happens where there is one of that name. */
async function settleName(suggested: string, session: Session): Promise<string> {
  const name = session.given().pipeline ?? suggested
  const isThere = async (each: string) => (await textOf(session, `config/pipelines/${each}.yaml`)) !== null
  if (!(await isThere(name))) return name
  const write = session.given().write ?? (await askWrite(name, session))
  if (write !== 'new') return name
  if (session.given().pipeline !== undefined)
    throw new DaybreakError(
      'STATE_CONFLICT',
      `--pipeline ${name} with --write new: config/pipelines/${name}.yaml is there; expected another name, --write replace, or --write add`,
    )
  const taken: string[] = []
  for (let tried = name; await isThere(tried); tried = freeName(name, taken)) taken.push(tried)
  const free = freeName(name, taken)
  await session.set('pipeline', free)
  await session.forget(['write'])
  return free
}

async function askWrite(name: string, session: Session) {
  const write = await session.ask.choose({
    flag: '--write new|replace|add',
    message: `config/pipelines/${name}.yaml is there`,
    choices: [
      { value: 'add', label: 'Add these tables to it', hint: 'its comments and the rest stay' },
      { value: 'replace', label: 'Replace it' },
      { value: 'new', label: 'Write another one' },
    ],
  })
  await session.set('write', write)
  return write
}

async function renderInto(path: string, answers: Answers, session: Session): Promise<void> {
  const before = await textOf(session, path)
  const isAdded = before !== null && session.given().write === 'add'
  session.files.set(path, isAdded ? addStreams(before, answers) : renderPipeline(answers))
}

const TRIED = '200'

/** The plan and the first rows by the project as it will be, then the files. */
async function showWork(answers: Answers, session: Session): Promise<void> {
  const { call, files, ask } = session
  const most = readCount('--preview', session.given().preview ?? TRIED, { min: 0, max: 100_000 })
  await withDaybreak(
    call,
    async (daybreak) => {
      const definition = daybreak.definitions.get(answers.pipeline)
      if (definition === undefined || !isTables(definition)) return
      expectSides(definition.config, answers)
      const asked = { definition, scope: {} }
      if (most === 0) await showTablePlan(asked, daybreak, call.output)
      else await dryRunTables(asked, daybreak, call.output, most)
    },
    { files: filesOver(call.options.projectDir, files) },
  )
  const color = call.output.color
  for (const [file, text] of files) {
    const before = await textOf(session, file)
    if (before === text) continue
    const shown = before === null ? highlight(text, color) : diffLines(before, text, color)
    await call.output.text(`\n${before === null ? 'New file' : 'Changes of'} ${file}\n${shown.trimEnd()}`)
  }
  ask.say('This is the plan, and these are the files.')
}

/** Tables are added to a pipeline of the same two sides. @throws {DaybreakError} STATE_CONFLICT. */
function expectSides(found: Pick<Answers, 'source' | 'destination'>, { pipeline, source, destination }: Answers): void {
  if (found.source === source && found.destination === destination) return
  throw new DaybreakError(
    'STATE_CONFLICT',
    `cannot add tables of ${source} to ${pipeline}: it copies ${found.source} to ${found.destination}, and not ${source} to ${destination}; expected another --pipeline, or --write replace`,
  )
}

async function askNext(session: Session): Promise<'run' | 'write' | 'back'> {
  const { run, 'no-run': isWriteOnly } = session.given()
  if (isWriteOnly === true) return 'write'
  if (run === true || session.call.options.yes) return 'run'
  return await session.ask.choose({
    flag: '--run|--no-run',
    message: 'Run now?',
    choices: [
      { value: 'run', label: 'Yes' },
      { value: 'write', label: 'Write files only' },
      { value: 'back', label: 'Go back' },
    ],
    otherwise: session.ask.isInteractive ? 'run' : 'write',
  })
}

const BACK: Readonly<Record<string, readonly Flag[]>> = {
  'How each table is read and written': STREAM_FLAGS,
  Tables: ['tables', 'files', ...STREAM_FLAGS],
  Destination: ['destination', 'destination-name', 'destination-set', 'pipeline', 'write', ...STREAM_FLAGS],
  Everything: [
    ...(['source', 'source-name', 'source-set', 'tables', 'files', 'destination', 'destination-name'] as const),
    ...(['destination-set', 'pipeline', 'write'] as const),
    ...STREAM_FLAGS,
  ],
}

async function goBack(path: string, session: Session): Promise<void> {
  const choices = Object.keys(BACK).map((value) => ({ value, label: value }))
  const part = await session.ask.choose({ flag: '--continue', message: 'Ask again about', choices })
  await session.forget(BACK[part] ?? [])
  session.files.delete(path)
  session.files.delete('config/connections.yaml')
}

/** Each whole or not at all: an editor or another command may read them. */
async function writeFiles({ call, files }: Session): Promise<void> {
  for (const [path, text] of files) {
    const target = join(call.options.projectDir, path)
    await mkdir(dirname(target), { recursive: true })
    await writeFile(`${target}.new`, text)
    await rename(`${target}.new`, target)
  }
}

async function runWritten(pipeline: string, call: WizardCall): Promise<number> {
  return await withDaybreak(call, (daybreak) => runNow({ pipeline, trigger: 'cli', scope: {} }, daybreak, call))
}
