import { useMemo } from 'react'
import { usePipeline } from '../app/view.ts'
import { useApi } from '../data/query.ts'
import { type Names, piecesOf } from '../data/told.ts'

/** Names of the shards that one may see. */
export function useNames(): Names {
  const { data } = useApi('GET /api/status', { query: usePipeline() })
  return useMemo(
    () => ({
      word: data?.words.shard.one ?? 'location',
      byId: new Map(data?.shards.map(({ id, name }) => [id, name]) ?? []),
    }),
    [data],
  )
}

interface ToldProps {
  readonly text: string
  /** Within a sentence, so without a capital. */
  readonly isWithin?: boolean
}

/** A text of the server: days as people read them, shards by name, what is typed as code, a capital first. */
export function Told({ text, isWithin = false }: ToldProps) {
  const names = useNames()
  return piecesOf(text, names).map(({ kind, text: piece }, at) =>
    kind === 'code' ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: pieces of a text never move.
      <code key={at} className="rounded bg-sunk px-1 font-mono text-[0.92em] font-normal">
        {piece}
      </code>
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: pieces of a text never move.
      <span key={at}>{at === 0 && !isWithin ? capital(piece) : piece}</span>
    ),
  )
}

/** A capital first; a name such as `order_details` keeps its letters. */
function capital(text: string): string {
  return /^\S*[_./]/.test(text) ? text : `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}
