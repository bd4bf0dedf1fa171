import { useMemo } from 'react'
import { Link, useSearchParams } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { useEnvironment } from '../../app/view.ts'
import { countOf, several } from '../../data/amount.ts'
import { lineageHref, nodeHref } from '../../data/paths.ts'
import { useApi } from '../../data/query.ts'
import { dayOf } from '../../data/time.ts'
import { Asked } from '../../parts/asked.tsx'
import { Chip } from '../../parts/chip.tsx'
import { Choice } from '../../parts/choice.tsx'
import { Empty } from '../../parts/empty.tsx'
import { EnvironmentPick } from '../../parts/environment-pick.tsx'
import { Filter } from '../../parts/filter.tsx'
import { Head } from '../../parts/head.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { Told } from '../../parts/told.tsx'
import { Words } from './glossary.tsx'
import { type FoundColumn, searchCatalog } from './search.ts'

type Answer = ApiAnswer<'GET /api/catalog'>
type Entry = Answer['entries'][number]

const KINDS = { stream: 'Streams', model: 'Models', exposure: 'Pages' } as const
/** Columns that are listed of those that are found. */
const MOST = 50

/** What is there, what does it mean, how fresh is it, whom do I ask? */
export function Catalog() {
  const [search] = useSearchParams()
  const query = useApi('GET /api/catalog', { query: useEnvironment() })
  const text = search.get('q') ?? ''
  const kind = search.get('kind')
  const found = useMemo(() => (query.data ? searchCatalog(query.data, text) : null), [query.data, text])
  return (
    <>
      <EnvironmentPick />
      <Asked query={query} what="the catalog">
        {(answer) => {
          const entries = (found?.entries ?? []).filter((entry) => kind === null || entry.kind === kind)
          const columns = (found?.columns ?? []).filter(({ entry }) => kind === null || entry.kind === kind)
          const terms = kind === null || kind === 'word' ? (found?.terms ?? []) : []
          const isNone = entries.length + columns.length + terms.length === 0
          return (
            <>
              <Head
                sentence={sentenceOf(answer)}
                more="What each table holds, who answers for it, and how fresh it is."
              />
              <div className="mb-4 flex flex-wrap items-center gap-2">
                <Filter label="Search tables, columns, words" isWide />
                <Choice
                  name="kind"
                  label="Kind"
                  choices={[
                    ['', 'All'],
                    ...(['stream', 'model', 'exposure'] as const)
                      .filter((each) => answer.entries.some((entry) => entry.kind === each))
                      .map((each): [string, string] => [each, KINDS[each]]),
                    ...(answer.glossary.length > 0 ? [['word', 'Words'] as const] : []),
                  ]}
                />
              </div>
              {isNone && (
                <Panel label="Nothing found">
                  <Empty>
                    {answer.entries.length === 0
                      ? 'No stream has a contract yet. The first contract in config/contracts is the first entry.'
                      : 'Nothing matches. Names, descriptions, owners, labels and headers of files are searched.'}
                  </Empty>
                </Panel>
              )}
              <Entries entries={entries} />
              <Columns columns={columns} />
              <Words terms={terms} entries={answer.entries} />
            </>
          )
        }}
      </Asked>
    </>
  )
}

function Entries({ entries }: { readonly entries: readonly Entry[] }) {
  if (entries.length === 0) return null
  return (
    <Panel title={several(entries.length, 'table or page', 'tables and pages')} isFlush>
      <Table
        label="Tables and pages"
        heads={['Name', 'Kind', 'State', '-Newest', '-Owner', 'What it holds', '->Columns']}
      >
        {entries.map((entry) => (
          <tr key={entry.id}>
            <Cell>
              <Link to={entry.kind === 'exposure' ? lineageHref(entry.id) : nodeHref(entry.id)} className="font-medium">
                {entry.kind === 'exposure' ? entry.title : entry.name}
              </Link>
            </Cell>
            <Cell>{entry.kind === 'exposure' ? entry.form : entry.kind}</Cell>
            <Cell>{entry.state !== null && <Chip state={entry.state} />}</Cell>
            <Cell isMinor>{newestOf(entry)}</Cell>
            <Cell isMinor>{entry.owner ?? <span className="text-faint">not named</span>}</Cell>
            <Cell isCut title={entry.description}>
              <span className="text-dim">
                <Told text={entry.description} />
              </span>
            </Cell>
            <Cell isNumber isMinor>
              {countOf(entry.columns.length)}
            </Cell>
          </tr>
        ))}
      </Table>
    </Panel>
  )
}

function Columns({ columns }: { readonly columns: readonly FoundColumn[] }) {
  if (columns.length === 0) return null
  return (
    <Panel
      title={
        columns.length > MOST
          ? `The nearest ${MOST} of ${countOf(columns.length)} columns`
          : several(columns.length, 'column')
      }
      isFlush
    >
      <Table label="Columns" heads={['Column', 'Of', '-Type', 'What it means', '-Privacy']}>
        {columns.slice(0, MOST).map(({ entry, column }) => (
          <tr key={`${entry.id}.${column.name}`}>
            <Cell>
              <Link to={lineageHref(entry.id, column.name)} className="font-mono text-sm">
                {column.name}
              </Link>
            </Cell>
            <Cell>
              <Link to={nodeHref(entry.id)}>{entry.name}</Link>
            </Cell>
            <Cell isMinor>{column.type}</Cell>
            <Cell isWide>
              <Told text={column.description} />
            </Cell>
            <Cell isMinor>{column.privacy === 'keep' ? '' : column.privacy}</Cell>
          </tr>
        ))}
      </Table>
    </Panel>
  )
}

function newestOf({ newestWindow, kind }: Entry): string {
  if (newestWindow === null) return kind === 'exposure' ? '' : 'nothing yet'
  return newestWindow === 'all' ? 'one table' : dayOf(newestWindow)
}

function sentenceOf({ entries }: Answer): string {
  const counted = (['stream', 'model'] as const).flatMap((kind) => {
    const own = entries.filter((entry) => entry.kind === kind)
    const current = own.filter(({ state }) => state === 'current').length
    return own.length === 0 ? [] : [`${current} of ${several(own.length, kind)}`]
  })
  return counted.length === 0 ? 'There are no tables yet.' : `${counted.join(' and ')} are current.`
}
