import { Link } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { nodeHref } from '../../data/paths.ts'
import { Empty } from '../../parts/empty.tsx'
import { NodeLink } from '../../parts/node-link.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { Told } from '../../parts/told.tsx'

type Entry = ApiAnswer<'GET /api/catalog'>['entries'][number]

interface OfEntry {
  readonly entry: Entry
}

/** Owner, labels, key and neighbours of a table. */
export function About({ entry }: OfEntry) {
  const { owner, labels, key, partitionBy, clusterBy, version, source, file, references, reads, readBy } = entry
  return (
    <Panel title="About it">
      <dl className="grid gap-x-6 gap-y-1.5 sm:grid-cols-[9rem_minmax(0,1fr)] [&>dt]:text-dim">
        <dt>Owner</dt>
        <dd>{owner ?? <span className="text-faint">not named</span>}</dd>
        <dt>Newest day</dt>
        <dd>
          <Told text={entry.quality} />
        </dd>
        <dt>One row per</dt>
        <dd className="font-mono text-sm">{key.join(', ') || 'line'}</dd>
        {partitionBy !== null && (
          <>
            <dt>Stored by</dt>
            <dd className="font-mono text-sm">
              {[partitionBy, ...clusterBy.filter((each) => each !== partitionBy)].join(', ')}
            </dd>
          </>
        )}
        {file !== null && (
          <>
            <dt>Delivered as</dt>
            <dd>{file}</dd>
          </>
        )}
        <dt>Declared in</dt>
        <dd className="font-mono text-sm [overflow-wrap:anywhere]">
          {source}
          {version !== null && `, ${version}`}
        </dd>
        <dt>Labels</dt>
        <dd className="flex flex-wrap gap-1">
          {Object.entries(labels).map(([name, value]) => (
            <span key={name} className="rounded bg-sunk px-1.5 text-sm text-dim">
              {name} {value}
            </span>
          ))}
        </dd>
        {references.length > 0 && (
          <>
            <dt>Refers to</dt>
            <dd>
              {references.map(({ columns, to, effect }, at) => (
                <span key={`${columns.join()}>${to}`}>
                  {at > 0 && ', '}
                  <span className="font-mono text-sm">{columns.join(', ')}</span> → <Link to={nodeHref(to)}>{to}</Link>{' '}
                  ({effect})
                </span>
              ))}
            </dd>
          </>
        )}
        <Nodes word="Made of" ids={reads} />
        <Nodes word="Read by" ids={readBy} />
      </dl>
    </Panel>
  )
}

function Nodes({ word, ids }: { readonly word: string; readonly ids: readonly string[] }) {
  if (ids.length === 0) return null
  return (
    <>
      <dt>{word}</dt>
      <dd className="flex flex-wrap gap-x-3">
        {ids.map((id) => (
          <NodeLink key={id} id={id} />
        ))}
      </dd>
    </>
  )
}

/** Checks of a table with what each found in the newest window. */
export function CatalogChecks({ entry }: OfEntry) {
  return (
    <Panel title="Checks" isFlush>
      {entry.checks.length === 0 ? (
        <Empty>No check looks at its rows. A rule or a check in {entry.source} would.</Empty>
      ) : (
        <Table
          label="Checks"
          heads={['Check', 'What it does on a finding', '>Found in the newest window', '-What it compares']}
        >
          {entry.checks.map(({ name, effect, failed, description, rule }) => (
            <tr key={name}>
              <Cell>{name}</Cell>
              <Cell>{effect}</Cell>
              <Cell isNumber>{failed === null ? <span className="text-faint">not run</span> : failed}</Cell>
              <Cell isMinor isWide>
                <Told text={description || (rule ?? '')} />
              </Cell>
            </tr>
          ))}
        </Table>
      )}
    </Panel>
  )
}
