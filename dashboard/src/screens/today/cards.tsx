import { Link } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { several } from '../../data/amount.ts'
import { dayOf } from '../../data/time.ts'
import { type Cell, type Line, wordsOf } from './cells.ts'

interface CardsProps {
  readonly status: ApiAnswer<'GET /api/status'>
  readonly lines: readonly Line[]
  readonly hrefOf: (line: Line, cell: Cell) => string
}

/** The matrix of a narrow screen: one card for each that is not complete, and a count of the others. */
export function Cards({ status, lines, hrefOf }: CardsProps) {
  const loud = lines.filter(({ isQuiet }) => !isQuiet)
  const { one, many } = status.words.shard
  return (
    <ul>
      {loud.map((line) => (
        <li key={line.shard.id} data-row="" className="border-b px-3 py-2">
          <Link to={`/locations/${encodeURIComponent(line.shard.id)}`} className="font-semibold wrap-anywhere">
            {line.shard.name}
          </Link>
          <ul>
            {line.cells
              .filter(({ verdict }) => verdict === 'incomplete' || verdict === 'disputed')
              .map((cell) => (
                <li key={cell.window}>
                  <Link to={hrefOf(line, cell)} className="block py-1 text-dim">
                    <span className="font-medium text-text">{dayOf(cell.window)}</span> {wordsOf(cell, status.streams)}
                  </Link>
                </li>
              ))}
          </ul>
        </li>
      ))}
      <li className="bg-sunk px-3 py-2 text-sm text-dim">
        {several(lines.length - loud.length, `complete ${one}`, `complete ${many}`)}
      </li>
    </ul>
  )
}
