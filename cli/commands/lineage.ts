import type { ApiAnswer, ApiClient } from '../../functions/api/contract/client.ts'
import { BUSINESS_DATE, LOCATION_ID } from '../../functions/contract/carried.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { didYouMean } from '../../functions/lib/did-you-mean.ts'
import { withApi } from '../api.ts'
import { command, group } from '../command.ts'

const KEY = `${BUSINESS_DATE}=2025-02-05 ${LOCATION_ID}=185001`

type Answer = ApiAnswer<'GET /api/lineage'>

const show = command({
  name: 'lineage show',
  remote: 'served',
  description: 'Show what a table or a column is made of, and what depends on it: from headers of files to exposures.',
  args: {
    node: {
      type: 'positional',
      description: 'Table, file or exposure, or a column of it: `models.daily_sales`, `toast.order_details.amount`.',
    },
    direction: {
      type: 'enum',
      options: ['upstream', 'downstream', 'both'],
      description: 'What it is made of, what depends on it, or both, the default.',
    },
    depth: { type: 'string', valueHint: 'N', description: 'Most edges of a path. Default: 20.' },
  },
  examples: [
    'daybreak lineage show models.daily_sales.net_sales --direction upstream',
    'daybreak lineage show toast.order_details --depth 1',
  ],
  async run({ args, output, ...call }) {
    await withApi(call, async (api) => {
      const asked = await resolve(args.node, api)
      const answer = await api('GET /api/lineage', {
        query: {
          ...asked,
          direction: args.direction ?? 'both',
          depth: depthOf(args.depth),
        },
      })
      await output.rows({
        columns: ['from', 'to', 'how', 'expression'],
        rows: asked.column === undefined ? tableRows(answer) : columnRows(answer),
        empty: `${args.node} is made of nothing, and nothing depends on it.`,
      })
    })
  },
})

const exportGraph = command({
  name: 'lineage export',
  remote: 'served',
  description:
    'Print the whole graph with its columns: as JSON, as events of OpenLineage, for Graphviz or for Mermaid.',
  args: {
    as: {
      type: 'enum',
      options: ['json', 'openlineage', 'dot', 'mermaid'],
      description:
        'Default: json. `openlineage` is an array of job and data set events; `dot` and `mermaid` have no columns.',
    },
  },
  examples: [
    'daybreak lineage export',
    'daybreak lineage export --as openlineage',
    'daybreak lineage export --as mermaid',
  ],
  async run({ args, output, ...call }) {
    await withApi(call, async (api) => {
      if (args.as === 'openlineage') {
        const { events } = await api('GET /api/lineage/events')
        return await output.raw(`${JSON.stringify(events, null, 2)}\n`)
      }
      const answer = await api('GET /api/lineage', { query: { columns: true } })
      await output.raw(DRAWN[args.as ?? 'json'](answer))
    })
  },
})

/** A cell of a model, and the files and lines that it is made of. */
const value = command({
  name: 'lineage value',
  remote: 'served',
  description: 'Show the files and lines that one value of a model is made of.',
  args: {
    column: { type: 'positional', description: 'Column of a model, e.g. `models.daily_sales.net_sales`.' },
    key: {
      type: 'positional',
      many: true,
      description: `Key of its row, or a part of it, e.g. \`${KEY}\`.`,
    },
  },
  examples: [`daybreak lineage value models.daily_location.net_sales ${KEY}`],
  async run({ args, output, ...call }) {
    const [, model, column] = /^(?:models\.)?(\w+)\.(\w+)$/.exec(args.column) ?? []
    if (model === undefined || column === undefined)
      throw new DaybreakError('USAGE_INVALID', `${JSON.stringify(args.column)}: expected models.MODEL.COLUMN`)
    await withApi(call, async (api) => {
      const { sources } = await api('GET /api/lineage/value', { query: { model, column, key: [...args.key] } })
      await output.rows({
        columns: ['table', 'file', 'lines', 'headers', 'narrowed by'],
        rows: sources.map(({ table, file, lines, isWhole, columns, narrowedBy }) => ({
          ...{ table, file, 'narrowed by': narrowedBy.join(', ') },
          lines: `${lines.join(', ')}${isWhole ? '' : ', ...'}`,
          headers: columns.map(({ header }) => header).join(', '),
        })),
        empty: `No file takes part in ${args.column}.`,
      })
    })
  },
})

/** Files, tables and columns, and what each is made of. */
export const lineage = group({
  name: 'lineage',
  description: 'Lineage: what a column is made of, and what depends on it.',
  commands: { show: async () => show, value: async () => value, export: async () => exportGraph },
})

/** @throws {DaybreakError} USAGE_INVALID. */
function depthOf(text = '20'): number {
  if (/^([1-9]|1[0-9]|20)$/.test(text)) return Number(text)
  throw new DaybreakError('USAGE_INVALID', `--depth ${JSON.stringify(text)}: expected a whole number from 1 to 20`)
}

/** Node and column that a text names: names of files have dots. */
async function resolve(text: string, api: ApiClient): Promise<{ readonly node: string; readonly column?: string }> {
  const { nodes } = await api('GET /api/lineage')
  if (nodes.some(({ id }) => id === text)) return { node: text }
  const found = nodes.find(({ id, columns }) => columns.some(({ name }) => `${id}.${name}` === text))
  if (found) return { node: found.id, column: text.slice(found.id.length + 1) }
  const owner = nodes.find(({ id }) => text.startsWith(`${id}.`))
  const known = owner ? owner.columns.map(({ name }) => `${owner.id}.${name}`) : nodes.map(({ id }) => id)
  const message = `there is no node or column ${JSON.stringify(text)}.${didYouMean(text, known)}`
  throw new DaybreakError('NOT_FOUND', message, { details: { next: 'daybreak lineage export' } })
}

function tableRows({ edges }: Answer) {
  return edges.map(({ from, to, isKnown }) => ({ from, to, how: isKnown ? 'reads' : 'unknown', expression: '' }))
}

/** Values first, then the columns that decide over rows, then reads of which no column is known. */
function columnRows({ edges, influences }: Answer) {
  const values = edges.flatMap(({ from, to, columns }) =>
    columns.map((column) => ({
      from: `${from}.${column.from}`,
      to: `${to}.${column.to}`,
      how: column.kind,
      expression: column.expression ?? '',
    })),
  )
  const rows = influences.map(({ from, to, kind }) => ({
    from: `${from.node}.${from.column}`,
    to: `${to} (rows)`,
    how: kind,
    expression: '',
  }))
  const unknown = edges.filter(({ isKnown }) => !isKnown)
  return [...values, ...rows, ...unknown.map(({ from, to }) => ({ from, to, how: 'unknown', expression: '' }))]
}

function dotOf({ nodes, edges }: Answer): string {
  const quoted = (text: string) => JSON.stringify(text)
  return [
    'digraph lineage {',
    '  rankdir=LR; node [shape=box];',
    ...nodes.map(({ id, name, kind }) => `  ${quoted(id)} [label=${quoted(`${name}\n${kind}`)}];`),
    ...edges.map(({ from, to, isKnown }) => `  ${quoted(from)} -> ${quoted(to)}${isKnown ? '' : ' [style=dashed]'};`),
    '}\n',
  ].join('\n')
}

/** Mermaid takes no dots and colons in names, so nodes are numbered. */
function mermaidOf({ nodes, edges }: Answer): string {
  const numbers = new Map(nodes.map(({ id }, at) => [id, `n${at}`]))
  const text = (label: string) => `"${label.replaceAll('"', '#quot;')}"`
  return [
    'flowchart LR',
    ...nodes.map(({ id, name }) => `  ${numbers.get(id)}[${text(name)}]`),
    ...edges.map(({ from, to, isKnown }) => `  ${numbers.get(from)} ${isKnown ? '-->' : '-.->'} ${numbers.get(to)}`),
    '',
  ].join('\n')
}

const DRAWN = {
  json: (answer: Answer) => `${JSON.stringify(answer, null, 2)}\n`,
  dot: dotOf,
  mermaid: mermaidOf,
} as const
