import { DaybreakError, toDaybreakError } from '../functions/errors.ts'
import { type Call, type Command, type CommandGroup, type Commands, group } from './command.ts'
import type { Context } from './context.ts'
import { exitCodeOfError, formatForFailure, renderFailure, signalCode } from './failure.ts'
import { renderHelp } from './help.ts'
import { helpNouns, projectFlags } from './help-nouns.ts'
import { colorsAllowed, GLOBAL_ARGS, resolveOptions } from './options.ts'
import { createOutput, writeTo } from './output.ts'
import { findCommand, parseFlags } from './parse.ts'
import { hostOf } from './remote/address.ts'

/** Every command, loaded when it is called. A new one is a file in `commands/` and a line here. */
export const COMMANDS: Commands = {
  init: () => import('./commands/init.ts').then(({ init }) => init),
  validate: () => import('./commands/validate.ts').then(({ validate }) => validate),
  pipelines: () => import('./commands/pipelines.ts').then(({ pipelines }) => pipelines),
  plan: () => import('./commands/plan.ts').then(({ plan }) => plan),
  run: () => import('./commands/run.ts').then(({ run }) => run),
  backfill: () => import('./commands/backfill.ts').then(({ backfill }) => backfill),
  backfills: () => import('./commands/backfill.ts').then(({ backfills }) => backfills),
  status: () => import('./commands/status.ts').then(({ status }) => status),
  import: () => import('./commands/import.ts').then(({ importFolder }) => importFolder),
  connection: () => import('./commands/connection.ts').then(({ connection }) => connection),
  migrate: () => import('./commands/migrate.ts').then(({ migrate }) => migrate),
  compare: () => import('./commands/compare.ts').then(({ compare }) => compare),
  locations: () => import('./commands/locations.ts').then(({ locations }) => locations),
  transform: () => import('./commands/transform.ts').then(({ transform }) => transform),
  query: () => import('./commands/query.ts').then(({ query }) => query),
  tables: () => import('./commands/tables.ts').then(({ tables }) => tables),
  export: () => import('./commands/export.ts').then(({ exportRows }) => exportRows),
  rejects: () => import('./commands/rejects.ts').then(({ rejects }) => rejects),
  runs: () => import('./commands/runs.ts').then(({ runs }) => runs),
  slices: () => import('./commands/slices.ts').then(({ slices }) => slices),
  shadow: () => import('./commands/shadow.ts').then(({ shadow }) => shadow),
  incidents: () => import('./commands/incidents.ts').then(({ incidents }) => incidents),
  notify: () => import('./commands/notify.ts').then(({ notify }) => notify),
  'day-sheet': () => import('./commands/day-sheet.ts').then(({ daySheet }) => daySheet),
  restated: () => import('./commands/restated.ts').then(({ restated }) => restated),
  deposits: () => import('./commands/deposits.ts').then(({ deposits }) => deposits),
  'sign-off': () => import('./commands/sign-off.ts').then(({ signOff }) => signOff),
  reopen: () => import('./commands/reopen.ts').then(({ reopen }) => reopen),
  digest: () => import('./commands/digest.ts').then(({ digest }) => digest),
  sla: () => import('./commands/sla.ts').then(({ sla }) => sla),
  metrics: () => import('./commands/metrics.ts').then(({ metrics }) => metrics),
  audit: () => import('./commands/audit.ts').then(({ audit }) => audit),
  settings: () => import('./commands/settings.ts').then(({ settings }) => settings),
  tokens: () => import('./commands/tokens.ts').then(({ tokens }) => tokens),
  'on-call': () => import('./commands/on-call.ts').then(({ onCallGroup }) => onCallGroup),
  backup: () => import('./commands/backup.ts').then(({ backup }) => backup),
  restore: () => import('./commands/backup.ts').then(({ restoreBackup }) => restoreBackup),
  ledger: () => import('./commands/ledger.ts').then(({ ledger }) => ledger),
  privacy: () => import('./commands/privacy.ts').then(({ privacy }) => privacy),
  contract: () => import('./commands/contract.ts').then(({ contract }) => contract),
  check: () => import('./commands/check.ts').then(({ check }) => check),
  profile: () => import('./commands/profile.ts').then(({ profile }) => profile),
  model: () => import('./commands/model.ts').then(({ model }) => model),
  catalog: () => import('./commands/catalog.ts').then(({ catalog }) => catalog),
  lineage: () => import('./commands/lineage.ts').then(({ lineage }) => lineage),
  serve: () => import('./commands/serve.ts').then(({ serve }) => serve),
  start: () => import('./commands/start.ts').then(({ start }) => start),
  stop: () => import('./commands/start.ts').then(({ stop }) => stop),
  restart: () => import('./commands/start.ts').then(({ restart }) => restart),
  logs: () => import('./commands/logs.ts').then(({ logs }) => logs),
  open: () => import('./commands/open.ts').then(({ open }) => open),
  infra: () => import('./commands/infra.ts').then(({ infra }) => infra),
  mock: () => import('./commands/mock.ts').then(({ mock }) => mock),
  dev: () => import('./commands/dev.ts').then(({ dev }) => dev),
  doctor: () => import('./commands/doctor.ts').then(({ doctor }) => doctor),
  explain: () => import('./commands/explain.ts').then(({ explain }) => explain),
  schema: () => import('./commands/schema.ts').then(({ schema }) => schema),
  completion: () => import('./commands/completion.ts').then(({ completionOf }) => completionOf(ROOT)),
  version: () => import('./commands/version.ts').then(({ version }) => version),
}

/** All commands as one group: what `daybreak --help` describes. */
export const ROOT = group({
  name: '',
  description: "Every restaurant's Toast export in partitioned tables by breakfast.",
  commands: COMMANDS,
})

/** Runs one command line and returns its exit code. Never throws: an error is printed on stderr and becomes its code. */
export async function main(argv: readonly string[], context: Context): Promise<number> {
  try {
    return await dispatch(argv, context)
  } catch (thrown) {
    const error = context.signal.aborted ? cancelled(thrown, context.signal) : toDaybreakError(thrown)
    const format = formatForFailure(argv, context)
    const color = context.isTTY.stderr && colorsAllowed(context.env) && !argv.includes('--no-color')
    const verbose = argv.some((arg) => arg === '-v' || arg === '--verbose')
    await writeTo(context.stderr, renderFailure(error, { format, color, verbose }))
    return exitCodeOfError(error, context.signal)
  }
}

async function dispatch(argv: readonly string[], context: Context): Promise<number> {
  const asked = argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv
  const { target, words, rest } = await findCommand(asked, COMMANDS)
  const called = target ?? ROOT
  if (rest.includes('--help') || rest.includes('-h')) return help(called, rest, context)
  if (target === null && rest.includes('--version')) return dispatch(['version'], context)
  if (called.kind === 'command') return run(called, rest, context)
  parseFlags(rest, GLOBAL_ARGS, ['daybreak', ...words, '--help'].join(' '))
  throw noCommand(called, words)
}

async function run(called: Command, rest: readonly string[], context: Context): Promise<number> {
  const args = parseFlags(rest, { ...GLOBAL_ARGS, ...called.args }, `daybreak ${called.name} --help`)
  const options = resolveOptions(args, context)
  if (options.remote !== null && called.remote === 'refused') throw refusedRemote(called, options.remote)
  const color = options.color.stdout
  const output = createOutput({ stdout: context.stdout, format: options.format, color, columns: context.columns })
  const call: Call = { args, options, context, output }
  return (await called.run(call)) ?? signalCode(context.signal) ?? 0
}

function refusedRemote({ name }: Command, url: string): DaybreakError {
  const message = `\`daybreak ${name}\` works on the project itself, and cannot run against ${hostOf(url)}`
  return new DaybreakError('REMOTE_UNSUPPORTED', message, { details: { next: `daybreak ${name} --help` } })
}

async function help(target: Command | CommandGroup, rest: readonly string[], context: Context): Promise<number> {
  const options = resolveOptions(projectFlags(rest), context)
  const text = await renderHelp(target, options.color.stdout)
  await writeTo(context.stdout, `${text}${await helpNouns(text, options, context)}`)
  return 0
}

function noCommand({ commands }: CommandGroup, words: readonly string[]): DaybreakError {
  const path = ['daybreak', ...words].join(' ')
  const message = `\`${path}\` needs one of these after it: ${Object.keys(commands).join(', ')}`
  return new DaybreakError('USAGE_INVALID', message, { details: { next: `${path} --help` } })
}

function cancelled(thrown: unknown, signal: AbortSignal): DaybreakError {
  if (thrown instanceof DaybreakError) return thrown
  return signal.reason instanceof DaybreakError ? signal.reason : toDaybreakError(thrown)
}
