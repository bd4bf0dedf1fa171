import { useView } from '../app/view.ts'
import { clockOf, zoneOf } from '../data/time.ts'

interface WhenProps {
  /** Instant in UTC; null shows a dash. */
  readonly at: string | null
  /** Zone of the place that it is about. */
  readonly place?: string | null
  readonly withDay?: boolean
}

/** An instant with its zone. Its title tells it in the zone of the place, of the reader, and in UTC. */
export function When({ at, place = null, withDay = true }: WhenProps) {
  const { clock } = useView()
  if (at === null) return <span className="text-faint">–</span>
  const shown = clockOf(at, zoneOf(clock, place), withDay)
  const all = [...new Set([place ?? 'UTC', zoneOf('mine', null), 'UTC'])].map((zone) => clockOf(at, zone)).join(' · ')
  return (
    <time dateTime={at} title={all} className="whitespace-nowrap">
      {shown}
    </time>
  )
}
