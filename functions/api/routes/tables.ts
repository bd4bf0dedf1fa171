import type { Contract } from '../../contract/contract.ts'
import { fileOf } from '../../contract/contract.ts'
import { tableOf } from '../../contract/table.ts'
import { DaybreakError } from '../../errors.ts'
import { invalid } from '../../http/problem.ts'
import { countDays } from '../../lib/business-date.ts'
import { isDiscovered, isOptional, type PipelineDefinition } from '../../pipeline/definition.ts'
import type { Partition } from '../../pipeline/entities.ts'
import type { Answer, Question, Reader } from '../../pipeline/ports.ts'
import { describeTables, knownTables, type TableRow } from '../../pipeline/views/tables.ts'
import { expectKnown, optionalInstant } from '../answers.ts'
import type { ApiCall, HandlersOf } from '../call.ts'
import type { ApiContext } from '../context.ts'
import type { TABLE_ROUTES } from '../contract/tables.ts'
import { exportRows } from './export-rows.ts'
import { findStream } from './find-stream.ts'
import { sampleSql } from './sample-sql.ts'

const TIMEOUT = 30_000
const COUNTING = 60_000
const PREVIEW_ROWS = 1_000
const MOST_BYTES = 2 ** 30
const MOST_WINDOWS = 400

/** Handlers of contracts and rows. */
export const TABLE_HANDLERS: HandlersOf<typeof TABLE_ROUTES> = {
  'GET /api/tables': async ({ query, signal }, context) => {
    const named = query.pipeline === undefined ? undefined : findPipeline(query.pipeline, context)
    const definitions = named === undefined ? [...context.definitions.values()] : [named]
    const asking = { timeout: COUNTING, signal, onWait: () => undefined }
    const tables: TableRow[] = []
    for (const { name, contracts } of definitions) {
      const known = knownTables([name], new Map([[name, contracts]]))
      tables.push(...(await describeTables(known, await context.reader(name), asking)))
    }
    return {
      body: { tables: tables.map((row) => ({ ...row, from: row.from || null, to: row.to || null })) },
    }
  },
  'GET /api/contracts': async ({ query }, context) => {
    const named = query.pipeline === undefined ? undefined : findPipeline(query.pipeline, context)
    const definitions = named === undefined ? [...context.definitions.values()] : [named]
    const rows = await Promise.all(
      definitions.map(async (definition) => {
        const newest = await newestPartitions(definition, context)
        return [...definition.contracts.values()].map((contract) => contractRow(contract, definition, newest))
      }),
    )
    return { body: { contracts: rows.flat() } }
  },
  'GET /api/contracts/{stream}': async ({ path, query }, context) => {
    const { contract, definition } = findStream(path.stream, query.pipeline, context)
    const table = tableOf(contract, definition.name)
    const file = `config/contracts/${definition.name}/${contract.stream}.yaml`
    return {
      body: {
        ...contractRow(contract, definition, await newestPartitions(definition, context)),
        key: [...contract.key],
        partitionColumn: table.partitionColumn,
        columnList: columnsOf(contract),
        checkList: contract.checks.map(({ name, rule, effect, description = '' }) => ({
          check: name,
          rule: rule ?? null,
          effect,
          description,
        })),
        yaml: await context.fileText(file),
      },
    }
  },
  'GET /api/contracts/{stream}/sample': async ({ path, query, principal, signal }, context) => {
    const { contract, definition } = findStream(path.stream, query.pipeline, context)
    const reader = await context.reader(definition.name)
    const table = tableOf(contract, definition.name)
    if (principal.shards !== null && table.shardColumn === null)
      throw new DaybreakError('FORBIDDEN', `rows of ${path.stream} do not say their location`)
    // One row more says whether there are more.
    const sql = sampleSql(table, { limit: query.limit + 1, shards: principal.shards }, reader.dialect)
    return { body: await askRows(reader, { sql, limit: query.limit, signal }, contract) }
  },
  'POST /api/query:preview': async ({ body, signal, record }, context) => {
    const definition = body.pipeline === undefined ? onlyPipeline(context) : findPipeline(body.pipeline, context)
    const reader = await context.reader(definition.name)
    await record({ action: 'query.preview', subject: definition.name, details: body.sql })
    const began = context.now()
    const rows = await askRows(reader, { sql: body.sql, limit: PREVIEW_ROWS, signal }, ...definition.contracts.values())
    return { body: { ...rows, seconds: Math.round((context.now() - began) / 100) / 10 } }
  },
  'GET /api/tables/{stream}/rows': async (call, context) => {
    const { path, query, record } = call
    const { contract, definition } = findStream(path.stream, query.pipeline, context)
    const days = countDays(query.from, query.to)
    if (days < 1 || days > MOST_WINDOWS) throw invalid(`from, to: ${days} windows; expected 1 to ${MOST_WINDOWS}`)
    const ids = definition.shards.map(({ id }) => id)
    if (!isDiscovered(definition)) expectKnown('shard', query.shard, ids)
    const narrowed = query.shard.length === 0 ? '' : `, ${query.shard.join(' ')}`
    const details = `${query.from} to ${query.to}${narrowed}, ${query.format}`
    await record({ action: 'table.export', subject: `${definition.name}.${contract.stream}`, details })
    return await exportRows({ contract, definition, call }, context)
  },
}

type SampleCall = Pick<ApiCall, 'signal'>

/** Rows of an answer, up to a limit. */
async function askRows(
  reader: Reader,
  { sql, limit, signal }: Pick<Question, 'sql' | 'limit'> & SampleCall,
  ...contracts: readonly Contract[]
) {
  const answer = await reader.ask({
    ...{ sql, limit, countTo: limit + 1, timeout: TIMEOUT, maxBytes: MOST_BYTES, signal, onWait: () => undefined },
  })
  const rows = (await Array.fromAsync(answer.batches)).flat().map((row) => [...row])
  return {
    columns: answer.columns.map(({ name, type }) => ({ name, type })),
    rows,
    ...wholeness(answer, rows, contracts),
  }
}

function wholeness(answer: Answer, rows: readonly unknown[], contracts: readonly Contract[]) {
  const shown = new Set(answer.columns.map(({ name }) => name))
  const masked = contracts.flatMap(({ columns }) =>
    columns.filter(({ privacy, name }) => privacy !== 'keep' && shown.has(name)).map(({ name }) => name),
  )
  const { rows: counted, all } = answer.count()
  return { isWhole: all && counted <= rows.length, masked: [...new Set(masked)] }
}

function findPipeline(name: string, { definitions }: ApiContext): PipelineDefinition {
  const definition = definitions.get(name)
  if (definition) return definition
  throw new DaybreakError('NOT_FOUND', `there is no pipeline ${JSON.stringify(name)}`)
}

function onlyPipeline({ definitions }: ApiContext): PipelineDefinition {
  const [first, another] = [...definitions.values()]
  if (first && !another) return first
  throw invalid(`pipeline: expected one of ${[...definitions.keys()].join(', ')}`)
}

/** Newest partition of each stream that has rows. */
async function newestPartitions(
  { name }: PipelineDefinition,
  { ledger }: ApiContext,
): Promise<ReadonlyMap<string, Partition>> {
  const [newest] = await ledger.newestWindows(name, 1)
  if (newest === undefined) return new Map()
  const windows = await ledger.newestWindows(name, 31)
  const partitions = await ledger.partitions({ pipeline: name, from: windows.at(-1) ?? newest, to: newest })
  return new Map(partitions.filter(({ rows }) => rows > 0).map((partition) => [partition.stream, partition]))
}

function contractRow(contract: Contract, definition: PipelineDefinition, newest: ReadonlyMap<string, Partition>) {
  const { stream, description, format = 'csv', columns, derived, checks } = contract
  const partition = newest.get(stream)
  return {
    pipeline: definition.name,
    ...{ stream, description, format },
    file: fileOf(contract),
    optional: isOptional(definition, stream),
    columns: columns.length + derived.length,
    checks: checks.length,
    newestWindow: partition?.window ?? null,
    loadedAt: optionalInstant(partition?.updatedAt),
  }
}

function columnsOf({ columns, derived }: Contract) {
  return [
    ...columns.map(({ name, type, from, required, privacy, unit, values, description }) => ({
      ...{ name, type, required, privacy, description },
      from: typeof from === 'string' ? [from] : [...from],
      unit: unit ?? null,
      values: values === undefined ? null : [...values],
      expression: null,
    })),
    ...derived.map(({ name, type, unit, expression, parse, from, description }) => ({
      ...{ name, type, description },
      from: [],
      required: false,
      privacy: 'keep' as const,
      unit: unit ?? null,
      values: null,
      expression: expression ?? (parse === undefined ? null : `${parse}(${from ?? ''})`),
    })),
  ]
}
