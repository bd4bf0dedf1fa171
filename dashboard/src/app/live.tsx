import { useEffect, useState } from 'react'
import { useLive } from '../data/live.ts'
import { clockOf, zoneOf } from '../data/time.ts'
import { useView } from './view.ts'

/** Sign of the live channel: the page is current, or the time of its data. */
export function Live() {
  const { clock } = useView()
  const { isLive, asOf } = useLive()
  const [, tick] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 15_000)
    return () => clearInterval(timer)
  }, [])
  const zone = zoneOf(clock === 'place' ? 'mine' : clock, null)
  return (
    <span role="status" className="min-w-0 truncate">
      <span
        aria-hidden="true"
        className={`mr-1.5 inline-block size-[7px] rounded-full ${isLive ? 'bg-ok-mark' : 'bg-due'}`}
      />
      {isLive ? 'live' : `as of ${clockOf(asOf, zone, false)}, reconnecting`}
    </span>
  )
}
