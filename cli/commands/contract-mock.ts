import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { makeOwnFolder } from '../../functions/adapters/local/own-folder.ts'
import { loadProject } from '../../functions/config/project.ts'
import { inReferenceOrder } from '../../functions/contract/references.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { didYouMean } from '../../functions/lib/did-you-mean.ts'
import { FAULTS, type FaultName } from '../../mock/contracts/faults.ts'
import { mockTree } from '../../mock/contracts/tree.ts'
import { command } from '../command.ts'
import { readCount, readDate } from '../values.ts'

/** Files of a pipeline from nothing but its contracts, to practise on. */
export const mockContracts = command({
  name: 'contract mock',
  description: 'Write days of CSV files from the contracts of a pipeline alone, with the faults you ask for.',
  args: {
    pipeline: { type: 'positional', description: 'A file of config/pipelines with `kind: files`.' },
    days: { type: 'string', default: '7', valueHint: 'N', description: 'Number of days.' },
    seed: { type: 'string', default: '1', valueHint: 'N', description: 'The same seed gives the same bytes.' },
    'start-date': { type: 'string', default: '2026-03-01', valueHint: 'YYYY-MM-DD', description: 'First day.' },
    faults: {
      type: 'string',
      many: true,
      valueHint: 'LIST',
      description: `Each is planted once. Names: ${FAULTS.join(', ')}.`,
    },
    out: { type: 'string', required: true, valueHint: 'DIR', description: 'Folder that plays the root of the source.' },
  },
  examples: ['daybreak contract mock olist --days 30 --seed 7 --faults orphan,late,enum,pattern,negative --out data'],
  async run({ args, options, context, output }) {
    const { projectDir, environment } = options
    const project = await loadProject({ projectDir, environment, env: context.env })
    const pipeline = project.pipelines.get(args.pipeline)
    if (!pipeline) {
      const hint = didYouMean(args.pipeline, project.pipelines.keys())
      throw new DaybreakError('USAGE_INVALID', `There is no pipeline "${args.pipeline}".${hint}`)
    }
    if (pipeline.kind !== 'files' || pipeline.shards === 'discover')
      throw new DaybreakError(
        'USAGE_INVALID',
        `${args.pipeline} lists no shards of a path; expected \`kind: files\` with \`shards\`, or use daybreak mock`,
      )
    const contracts = [...(project.contracts.get(args.pipeline)?.values() ?? [])]
    const tree = mockTree({
      contracts: inReferenceOrder(contracts) ?? contracts,
      checks: pipeline.checks,
      seed: readCount('--seed', args.seed, { min: 0, max: 1e12 }),
      startDate: readDate('--start-date', args['start-date']),
      days: readCount('--days', args.days, { min: 1, max: 3_660 }),
      faults: args.faults.map(readFault),
    })
    const out = resolve(context.cwd, args.out)
    await makeOwnFolder(out, '--out')
    const [shard] = pipeline.shards
    for (const { date, file, text } of tree.files) {
      const path = join(out, placeOf(pipeline.path, { shard: shard?.id ?? '', date, file }))
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, text)
    }
    await writeFile(join(out, 'faults.json'), `${JSON.stringify(tree.faults, null, 2)}\n`)
    await writeFile(join(out, 'totals.json'), `${JSON.stringify(tree.totals, null, 2)}\n`)
    await output.record({ out, files: tree.files.length, faults: tree.faults.length })
    if (tree.faults.length > 0)
      await output.text('\nfaults.json, in that folder, says what was planted where, and what should become of it:')
    for (const { fault, stream, date, column, expected } of tree.faults)
      await output.text(`  ${fault} ${date} ${stream}.${column} -> ${expected.kind} ${expected.name}`)
  },
})

function readFault(name: string): FaultName {
  const found = FAULTS.find((fault) => fault === name)
  if (found) return found
  throw new DaybreakError('USAGE_INVALID', `There is no fault "${name}"; expected one of ${FAULTS.join(', ')}`)
}

interface Place {
  readonly shard: string
  readonly date: string
  readonly file: string
}

const placeOf = (path: string, { shard, date, file }: Place): string =>
  path
    .replaceAll('{shard}', shard)
    .replaceAll('{window}', date)
    .replaceAll('{yyyymmdd}', date.replaceAll('-', ''))
    .replaceAll('{file}', file.replace('*', '1'))
