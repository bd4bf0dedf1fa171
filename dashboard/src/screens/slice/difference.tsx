import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { moneyOf, several } from '../../data/amount.ts'
import { useApi } from '../../data/query.ts'
import { shortOf } from '../../data/shown.ts'
import { Asked } from '../../parts/asked.tsx'
import { Cell, Table } from '../../parts/table.tsx'

type Slice = ApiAnswer<'GET /api/slices/{pipeline}/{window}/{shard}/{stream}'>
type Diff = ApiAnswer<'GET /api/slices/{pipeline}/{window}/{shard}/{stream}/versions/{version}:diff'>
type Row = Diff['rows'][number]

interface DifferenceProps {
  readonly slice: Slice
  readonly from: string
  readonly to: string
  /** Name of the newer version: `v2`. */
  readonly name: string
}

/** Columns of a row that a line shows; the others are counted. */
const SHOWN = 4

/** Difference between a version and the next: in a sentence, then row by row. */
export function Difference({ slice, from, to, name }: DifferenceProps) {
  const { pipeline, window, shard, stream } = slice
  const query = useApi('GET /api/slices/{pipeline}/{window}/{shard}/{stream}/versions/{version}:diff', {
    path: { pipeline, window, shard, stream, version: to },
    query: { with: from },
  })
  return (
    <div className="border-t p-3" data-part="difference">
      <Asked query={query} what="the difference">
        {(diff) => (
          <>
            <p className="pb-2 font-semibold">
              {name} against the version before: {sentenceOf(diff)}
            </p>
            {diff.rows.length > 0 && (
              <Table label="Changed rows" heads={['Row', 'What', 'Columns']}>
                {diff.rows.map((row) => (
                  <tr key={`${row.kind}/${JSON.stringify(row.key)}`}>
                    <Cell>
                      <span className="font-mono text-sm">{shortOf(Object.values(row.key).join(' · '))}</span>
                    </Cell>
                    <Cell>{row.kind}</Cell>
                    <Cell isWide>
                      <Changes row={row} />
                    </Cell>
                  </tr>
                ))}
              </Table>
            )}
          </>
        )}
      </Asked>
    </div>
  )
}

function Changes({ row }: { readonly row: Row }) {
  const all = Object.entries(row.columns).filter(
    ([name, { from, to }]) => !(name in row.key) && (from !== null || to !== null),
  )
  const rest = all.length - SHOWN
  return (
    <span className="flex flex-wrap gap-x-4">
      {all.slice(0, SHOWN).map(([name, { from, to }]) => (
        <span key={name}>
          <span className="text-dim">{name}</span>{' '}
          {row.kind === 'changed' ? (
            <>
              {shortOf(from ?? 'NULL')} → <strong className="font-semibold">{shortOf(to ?? 'NULL')}</strong>
            </>
          ) : (
            shortOf(to ?? from ?? 'NULL')
          )}
        </span>
      ))}
      {rest > 0 && <span className="text-faint">and {rest} more</span>}
    </span>
  )
}

function sentenceOf({ added, removed, changed, totals }: Diff): string {
  const rows = [
    added > 0 && `${several(added, 'row')} more`,
    removed > 0 && `${several(removed, 'row')} less`,
    changed > 0 && `${several(changed, 'row')} changed`,
  ].filter(Boolean)
  const sums = Object.entries(totals)
    .filter(([, sum]) => !/^-?0*\.?0*$/.test(sum))
    .map(([column, sum]) => `${column} ${sum.startsWith('-') ? '' : '+'}${moneyOf(sum)}`)
  if (rows.length + sums.length === 0) return 'the same rows.'
  return `${[...rows, ...sums].join(', ')}.`
}
