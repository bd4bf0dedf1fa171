import { Link } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { useEnvironment, useView } from '../../app/view.ts'
import { countOf, moneyOf, several } from '../../data/amount.ts'
import { sliceHref } from '../../data/paths.ts'
import { useApi } from '../../data/query.ts'
import { dayOf } from '../../data/time.ts'
import { Asked } from '../../parts/asked.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { useNames } from '../../parts/told.tsx'
import { rangesOf } from './ranges.ts'

interface ValueProps {
  /** `models.daily_sales`. */
  readonly node: string
  readonly column: string
  /** `column=value` of the key of the row. */
  readonly keys: readonly string[]
}

type Answer = ApiAnswer<'GET /api/lineage/value'>

const SHOWN = 12
const VALUES = 3

/** From one value of a model to the lines of the files that it is made of. */
export function Value({ node, column, keys }: ValueProps) {
  const { me } = useView()
  if (me.role === 'viewer')
    return (
      <Panel title="From this value to lines of files">
        <Empty>An analyst may ask which lines of which files a value is made of.</Empty>
      </Panel>
    )
  return <Traced node={node} column={column} keys={keys} />
}

function Traced({ node, column, keys }: ValueProps) {
  const names = useNames()
  const environment = useEnvironment()
  const model = node.replace(/^models\./, '')
  const query = useApi('GET /api/lineage/value', { query: { model, column, key: [...keys], ...environment } })
  const key = new Map(keys.map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]))
  const where = [...key].map(([name, value]) =>
    name === 'location_id' ? (names.byId.get(value) ?? value) : name === 'business_date' ? dayOf(value) : value,
  )
  return (
    <Panel title={`From this value to lines of files: ${where.join(', ')}`} isFlush>
      <Asked query={query} what="the lines">
        {({ values, sources }) => (
          <>
            <p className="px-3 pb-2">
              <strong className="text-lg font-semibold">{valuesOf(values)}</strong>{' '}
              <span className="text-dim">{sentenceOf(sources)}</span>
            </p>
            {sources.length > 0 && <Sources sources={sources} of={key} />}
          </>
        )}
      </Asked>
    </Panel>
  )
}

interface SourcesProps {
  readonly sources: Answer['sources']
  /** Values of the key by column. */
  readonly of: ReadonlyMap<string, string>
}

function Sources({ sources, of }: SourcesProps) {
  const [window, shard] = [of.get('business_date'), of.get('location_id')]
  return (
    <Table label="Lines of files" heads={['File', 'Lines', 'Value from', '-Hash', '-In common with the row']}>
      {sources.map(({ table, file, sha256, lines, isWhole, columns, narrowedBy }) => {
        const [pipeline = '', stream = ''] = table.split('.')
        const ranges = rangesOf(lines)
        return (
          <tr key={`${table}/${file}/${sha256}`}>
            <Cell isWide>
              {window !== undefined && shard !== undefined ? (
                <Link to={sliceHref({ pipeline, window, shard, stream })}>{file}</Link>
              ) : (
                file
              )}
            </Cell>
            <Cell isWide title={ranges.join(', ')}>
              {several(lines.length, 'line')}
              {!isWhole && ' and more'}: {ranges.slice(0, SHOWN).join(', ')}
              {ranges.length > SHOWN && ` and ${countOf(ranges.length - SHOWN)} more`}
            </Cell>
            <Cell isWide>
              {columns.length === 0 ? (
                <span className="text-dim">decides which rows there are</span>
              ) : (
                columns.map(({ header }) => header).join(', ')
              )}
            </Cell>
            <Cell isMinor>
              <span className="font-mono text-sm" title={sha256}>
                {sha256.slice(0, 12)}
              </span>
            </Cell>
            <Cell isMinor isWide>
              <span className="text-dim">{narrowedBy.join(', ')}</span>
            </Cell>
          </tr>
        )
      })}
    </Table>
  )
}

/** The value; of a part of a key the first of several. */
function valuesOf(values: Answer['values']): string {
  if (values.length === 0) return 'No such row'
  const shown = values.slice(0, VALUES).map(textOf).join(', ')
  return values.length <= VALUES ? shown : `${shown} and ${countOf(values.length - VALUES)} more values`
}

function textOf(value: string | null): string {
  if (value === null) return 'no value'
  return /^-?\d+\.\d+$/.test(value) ? moneyOf(value) : value
}

function sentenceOf(sources: Answer['sources']): string {
  const lines = sources.reduce((sum, source) => sum + source.lines.length, 0)
  if (lines === 0) return 'No line of a file is known to make it up.'
  return `is made of ${several(lines, 'line')} of ${several(new Set(sources.map(({ file }) => file)).size, 'file')}.`
}
