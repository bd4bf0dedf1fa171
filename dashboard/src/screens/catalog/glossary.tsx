import { Link } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { lineageHref } from '../../data/paths.ts'
import { Panel } from '../../parts/panel.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { Told } from '../../parts/told.tsx'

type Answer = ApiAnswer<'GET /api/catalog'>

interface WordsProps {
  readonly terms: Readonly<Answer['glossary']>
  readonly entries: Answer['entries']
}

/** Words of the business, and the columns that hold them. */
export function Words({ terms, entries }: WordsProps) {
  if (terms.length === 0) return null
  const names = new Map(entries.map(({ id, name }) => [id, name]))
  return (
    <Panel title="Words of the business" isFlush>
      <Table label="Words of the business" heads={['Word', 'What it means', 'Columns', '-Owner']}>
        {terms.map(({ term, meaning, synonyms, columns, owner }) => (
          <tr key={term}>
            <Cell>
              <span className="font-medium">{term}</span>
              {synonyms.length > 0 && <span className="block text-sm text-faint">{synonyms.join(', ')}</span>}
            </Cell>
            <Cell isWide>
              <Told text={meaning} />
            </Cell>
            <Cell isWide>
              {columns.map(({ table, column }, at) => (
                <span key={`${table}.${column}`}>
                  {at > 0 && ', '}
                  <Link to={lineageHref(table, column)}>
                    {names.get(table) ?? table}.{column}
                  </Link>
                </span>
              ))}
            </Cell>
            <Cell isMinor>{owner}</Cell>
          </tr>
        ))}
      </Table>
    </Panel>
  )
}
