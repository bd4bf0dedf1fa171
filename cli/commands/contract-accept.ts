import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { problemsError } from '../../functions/config/problem.ts'
import { contractProblems } from '../../functions/config/project-checks.ts'
import { readConfig } from '../../functions/config/read.ts'
import { type Splice, spliceYaml } from '../../functions/config/splice-yaml.ts'
import { type Acceptance, namesWith, proposeAcceptance, type Rename } from '../../functions/contract/accept.ts'
import { Contract, fileOf } from '../../functions/contract/contract.ts'
import { matchHeader } from '../../functions/contract/drift.ts'
import { headerAt, START_BYTES } from '../../functions/engine/file/header.ts'
import { jsonRecords } from '../../functions/engine/json/json-records.ts'
import { DaybreakError, ERRORS } from '../../functions/errors.ts'
import type { PipelineDefinition } from '../../functions/pipeline/definition.ts'
import type { Slice } from '../../functions/pipeline/entities.ts'
import type { Ports } from '../../functions/pipeline/ports.ts'
import { type Call, command } from '../command.ts'
import { findPipeline, withDaybreak } from '../open.ts'
import { SCOPE_ARGS, toScope } from '../scope.ts'

const DRIFT = 4

/** Takes the columns of a quarantined file into its contract, after showing what that means. */
export const accept = command({
  name: 'contract accept',
  description: 'Show how the header of a quarantined file differs from its contract; with --yes, edit the contract.',
  args: {
    stream: { type: 'positional', required: false, description: 'Stream of the file; all quarantined ones if absent.' },
    pipeline: { type: 'string', valueHint: 'NAME', description: 'A file of config/pipelines; the only one if absent.' },
    date: SCOPE_ARGS.date,
    location: SCOPE_ARGS.location,
    rename: { type: 'string', many: true, valueHint: 'OLD=NEW', description: 'Header that took the place of another.' },
    'dry-run': { type: 'boolean', description: 'Show the edited contract; write nothing.' },
  },
  examples: ['daybreak contract accept payment_details', 'daybreak contract accept payment_details --yes'],
  async run(call) {
    const { args } = call
    return await withDaybreak(call, async (daybreak) => {
      const definition = findPipeline(daybreak, args.pipeline)
      const narrowed = { date: args.date, location: args.location, ...(args.stream && { stream: [args.stream] }) }
      const slices = await quarantined(definition, narrowed, daybreak.ports)
      if (slices.length === 0) {
        await call.output.text('Nothing to accept: no file is quarantined for its columns.')
        return 0
      }
      const accepted = new Set<string>()
      for (const slice of slices) {
        if (accepted.has(slice.stream)) continue
        accepted.add(slice.stream)
        await acceptOne(slice, { definition, call, renames: args.rename.map(readRename) }, daybreak.ports)
      }
      const next = `daybreak rejects replay ${definition.name} --stream ${[...accepted].join(',')}`
      if (call.options.yes && !args['dry-run']) await call.output.text(`\nNext: ${next}`)
      else await call.output.text('\nNothing is written. Next: repeat the command with --yes')
      return call.options.yes || args['dry-run'] ? 0 : DRIFT
    })
  },
})

async function quarantined(
  definition: PipelineDefinition,
  narrowed: Parameters<typeof toScope>[0],
  { ledger }: Ports,
): Promise<readonly Slice[]> {
  const { windows: dates, shards: locations, streams } = toScope(narrowed, definition)
  const slices = await ledger.slices({
    pipeline: definition.name,
    ...(dates && { windows: dates }),
    ...(locations && { shards: locations }),
    ...(streams && { streams }),
    states: ['quarantined'],
  })
  // The newest file says what the header is from now on.
  return slices
    .filter(({ reason, raw }) => raw !== null && reason !== null && ERRORS[reason.code].kind === 'drift')
    .toReversed()
}

interface Accepting {
  readonly definition: PipelineDefinition
  readonly renames: readonly Rename[]
  readonly call: Pick<Call, 'options' | 'output'> & { readonly args: { readonly 'dry-run': boolean } }
}

async function acceptOne(slice: Slice, { definition, renames, call }: Accepting, ports: Ports): Promise<void> {
  const contract = definition.contracts.get(slice.stream)
  if (!contract || slice.raw === null) return
  const bytes = Buffer.from(await ports.objects.get(slice.raw.object))
  const names = headerOf(bytes, contract)
  const changes = proposeAcceptance(contract, names, renames)
  await call.output.rows({
    columns: ['stream', 'change', 'column', 'header', 'edit'],
    rows: changes.map((change) => ({
      stream: slice.stream,
      change: change.kind,
      column: change.column,
      header: change.header,
      edit: EDITS[change.kind],
    })),
    empty: `The contract of ${slice.stream} takes the header of ${slice.shard}, ${slice.window} as it is.`,
  })
  const file = `config/contracts/${definition.name}/${slice.stream}.yaml`
  const path = join(call.options.projectDir, file)
  const edited = editContract(await readFile(path, 'utf8'), contract, changes)
  matchHeader(checked(edited, file), names)
  if (call.args['dry-run']) return await call.output.raw(edited)
  if (call.options.yes) await writeFile(path, edited)
}

function headerOf(bytes: Buffer, contract: Contract): readonly string[] {
  if (contract.format === 'json') return jsonRecords(bytes, contract, fileOf(contract)).header
  return headerAt(bytes.subarray(0, START_BYTES), { name: fileOf(contract), bytes: bytes.length }).names
}

const EDITS = {
  renamed: 'added to `from`',
  removed: 'becomes optional',
  added: 'becomes a column whose values are dropped until it has a privacy class',
} as const

function editContract(text: string, contract: Contract, changes: readonly Acceptance[]): string {
  const splices = changes.flatMap((change): readonly Splice[] => {
    if (change.kind === 'added') {
      const words = `name: ${change.column}, from: ${JSON.stringify(change.header)}, type: string, optional: true, privacy: drop`
      return [{ at: ['columns'], entry: `{ ${words}, description: 'Accepted from a header. Say what it means.' }` }]
    }
    const at = ['columns', change.index]
    if (change.kind === 'removed') return [{ at: [...at, 'required'], pair: 'optional: true' }]
    const names = namesWith(contract.columns[change.index], change.header).map((name) => JSON.stringify(name))
    return [{ at: [...at, 'from'], value: `[${names.join(', ')}]` }]
  })
  return spliceYaml(text, splices)
}

/** @throws {DaybreakError} CONFIG_INVALID when a rule or the key needs the column. */
function checked(text: string, file: string): Contract {
  const reading = readConfig(Contract, { file, text, env: {} })
  const problems = contractProblems(reading)
  if (reading.value === null || problems.length > 0) throw problemsError(problems)
  return reading.value
}

function readRename(text: string): Rename {
  const [, from, to] = /^([^=]+)=(.+)$/.exec(text) ?? []
  if (from && to) return { from, to }
  throw new DaybreakError('USAGE_INVALID', `--rename is ${JSON.stringify(text)}; expected OLD=NEW`)
}
