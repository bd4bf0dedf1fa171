import { writeFile } from 'node:fs/promises'
import type { Rename } from '../../functions/contract/accept.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { type Acceptance, acceptances } from '../../functions/pipeline/views/acceptance.ts'
import { type Call, command } from '../command.ts'
import { findPipeline, withDaybreak } from '../open.ts'
import { PIPELINE_FLAG, SCOPE_ARGS, toScope } from '../scope.ts'

const DRIFT = 4

/** Takes the columns of a quarantined file into its contract, after showing what that means. */
export const accept = command({
  name: 'contract accept',
  description: 'Show how the header of a quarantined file differs from its contract; with --yes, edit the contract.',
  args: {
    stream: { type: 'positional', required: false, description: 'Stream of the file; all quarantined ones if absent.' },
    ...PIPELINE_FLAG,
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
      const scope = toScope(narrowed, definition)
      const asked = { definition, scope, renames: args.rename.map(readRename), projectDir: call.options.projectDir }
      const accepted: string[] = []
      for await (const acceptance of acceptances(asked, daybreak.ports)) {
        accepted.push(acceptance.slice.stream)
        await acceptOne(acceptance, call)
      }
      if (accepted.length === 0) {
        await call.output.text('Nothing to accept: no file is quarantined for its columns.')
        return 0
      }
      const next = `daybreak rejects replay ${definition.name} --stream ${accepted.join(',')}`
      if (call.options.yes && !args['dry-run']) await call.output.text(`\nNext: ${next}`)
      else await call.output.text('\nNothing is written. Next: repeat the command with --yes')
      return call.options.yes || args['dry-run'] ? 0 : DRIFT
    })
  },
})

type Accepting = Call<{ readonly 'dry-run': boolean }>

/** Shows an edit, and writes it with --yes. */
async function acceptOne(
  { slice, changes, seen, path, text }: Acceptance,
  { args, options, output }: Pick<Accepting, 'args' | 'options' | 'output'>,
): Promise<void> {
  await output.rows({
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
  if (seen && output.format === 'table') {
    const files = seen.files === 1 ? 'One archived file has' : `${seen.files} archived files have`
    await output.text(`\n${files} this header, from ${seen.first} to ${seen.last}, of ${seen.shards.join(', ')}.`)
  }
  if (args['dry-run']) return await output.raw(text)
  if (options.yes) await writeFile(path, text)
}

const EDITS = {
  renamed: 'added to `from`',
  removed: 'becomes optional',
  added: 'becomes a column whose values are dropped until it has a privacy class',
} as const

function readRename(text: string): Rename {
  const [, from, to] = /^([^=]+)=(.+)$/.exec(text) ?? []
  if (from && to) return { from, to }
  throw new DaybreakError('USAGE_INVALID', `--rename is ${JSON.stringify(text)}; expected OLD=NEW`)
}
