import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { useView } from '../../app/view.ts'
import { several } from '../../data/amount.ts'
import { api } from '../../data/api.ts'
import { Act } from '../../parts/act.tsx'
import { cellKey, type Line } from './cells.ts'

interface BulkProps {
  readonly status: ApiAnswer<'GET /api/status'>
  readonly lines: readonly Line[]
  /** Cells that a person chose; all that are shown if none is. */
  readonly selected: ReadonlySet<string>
  readonly onDone: () => void
}

/** Most files of one request. */
const MOST = 1000

/** Looks again for the files that are missing or set aside: those of the selected cells, else all that are shown. */
export function Bulk({ status, lines, selected, onDone }: BulkProps) {
  const { me } = useView()
  const slices = lines
    .flatMap((line) => line.cells.map((cell) => ({ line, cell })))
    .filter(({ line, cell }) => selected.size === 0 || selected.has(cellKey(line, cell)))
    .flatMap(({ line, cell }) =>
      status.streams
        .filter((_, at) => '!hq'.includes(cell.letters[at] ?? ' ') && cell.letters[at] !== ' ')
        .map(({ name }) => ({
          pipeline: status.pipeline,
          window: cell.window,
          shard: line.shard.id,
          stream: name,
        })),
    )
    .slice(0, MOST)
  if (me.role === 'viewer' || me.role === 'analyst' || slices.length === 0) return null
  const send = async (reason: string) => {
    const { results } = await api('POST /api/slices:retry', {
      body: { slices, reason },
      idempotencyKey: crypto.randomUUID(),
    })
    const refused = results.filter(({ ok }) => !ok)
    if (refused.length > 0)
      return `Done ${results.length - refused.length}, refused ${refused.length}: ${[...new Set(refused.map(({ message }) => message ?? ''))].join('; ')}`
    onDone()
    return ''
  }
  const what = several(slices.length, 'file')
  return (
    <Act
      isMain
      word={`Look again for ${what}`}
      on={selected.size > 0 ? `${selected.size} selected` : `all that ${status.words.shard.many} lack here`}
      says={`asks the source again for ${what} that ${slices.length === 1 ? 'is' : 'are'} missing, held or quarantined, and publishes what changed.`}
      onSend={send}
    />
  )
}
