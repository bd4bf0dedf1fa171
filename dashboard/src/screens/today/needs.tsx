import { Link } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { useApi } from '../../data/query.ts'
import { dayOf, spanOf } from '../../data/time.ts'
import { BUTTON_LINK } from '../../parts/button.tsx'
import { Chip } from '../../parts/chip.tsx'

/** What needs a person: open incidents with their deadline, and days whose files disagree. */
export function Needs({ status }: { readonly status: ApiAnswer<'GET /api/status'> }) {
  const incidents = useApi('GET /api/incidents', { query: { state: ['open'], pageSize: 5 } })
  const open = incidents.data?.incidents ?? []
  if (open.length === 0 && status.disputes.length === 0) return null
  return (
    <section aria-label="Needs you" className="mb-4 rounded-lg border bg-panel">
      {open.map(({ id, title, goneAt, severity, reason }) => (
        <div
          key={id}
          className="grid gap-x-3.5 gap-y-1 border-b px-3 py-2.5 last:border-0 sm:grid-cols-[96px_minmax(0,1fr)_auto_auto] sm:items-center"
        >
          <span>
            <Chip state={severity} />
          </span>
          <span>
            <strong className="font-semibold">{title}</strong> <span className="text-dim">{reason.remedy}</span>
          </span>
          <span className="text-sm font-semibold whitespace-nowrap text-miss">
            {goneAt && `deleted in ${spanOf(Date.parse(goneAt) - Date.now())}`}
          </span>
          <Link to={`/incidents/${id}`} className={BUTTON_LINK}>
            Show
          </Link>
        </div>
      ))}
      {status.disputes.map(({ shard, window, stream, check, message }) => (
        <div
          key={`${shard}/${window}/${stream}/${check}`}
          className="grid gap-x-3.5 gap-y-1 border-b px-3 py-2.5 last:border-0 sm:grid-cols-[96px_minmax(0,1fr)_auto] sm:items-center"
        >
          <span>
            <Chip state="disputed" />
          </span>
          <span>
            <strong className="font-semibold">{status.shards.find(({ id }) => id === shard)?.name ?? shard}</strong>,{' '}
            {dayOf(window)}: {message}
          </span>
          <Link
            to={`/slices/${[status.pipeline, window, shard, stream].map(encodeURIComponent).join('/')}`}
            className={BUTTON_LINK}
          >
            Show the check
          </Link>
        </div>
      ))}
    </section>
  )
}
