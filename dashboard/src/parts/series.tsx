import { useEffect, useRef } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'

interface SeriesProps {
  /** Points of the graph. The table next to the graph holds the same numbers. */
  readonly label: string
  /** Windows, oldest first; each is a civil day. */
  readonly keys: readonly string[]
  /** Colours are names of tokens, e.g. `--ok-mark`. */
  readonly series: readonly {
    readonly name: string
    readonly color: string
    readonly values: readonly (number | null)[]
  }[]
}

const HEIGHT = 160
const DAY = 86_400
const DAYS = [1, 2, 7, 14, 28].map((days) => days * DAY)

/** Civil day of a tick, which is no instant: `26 Oct`. */
function dayAt(seconds: number): string {
  return new Date(seconds * 1000).toLocaleDateString('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'short' })
}

/** Series over windows, from zero. */
export function Series({ label, keys, series }: SeriesProps) {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const into = place.current
    if (!into || keys.length < 2) return
    const style = getComputedStyle(document.documentElement)
    const faint = style.getPropertyValue('--faint')
    const line = style.getPropertyValue('--line')
    const axis = { stroke: faint, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: '11px system-ui' }
    const plot = new uPlot(
      {
        // Windows are civil days: shown as they are in every zone.
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'UTC'),
        width: into.clientWidth,
        height: HEIGHT,
        cursor: { y: false },
        legend: { show: false },
        scales: { x: { time: true }, y: { range: (_, __, most) => [0, Math.max(1, most * 1.05)] } },
        axes: [
          { ...axis, size: 28, space: 90, incrs: DAYS, values: (_, ticks) => ticks.map(dayAt) },
          { ...axis, size: 56 },
        ],
        series: [
          {},
          ...series.map(({ name, color }) => ({
            label: name,
            stroke: style.getPropertyValue(color),
            width: 1.5,
            points: { size: 4 },
          })),
        ],
      },
      [keys.map((key) => Date.parse(`${key}T00:00:00Z`) / 1000), ...series.map(({ values }) => [...values])],
      into,
    )
    const watch = new ResizeObserver(() => plot.setSize({ width: into.clientWidth, height: HEIGHT }))
    watch.observe(into)
    return () => {
      watch.disconnect()
      plot.destroy()
    }
  }, [keys, series])
  if (keys.length < 2) return <p className="text-dim">A trend needs two windows.</p>
  return (
    <>
      <div ref={place} role="img" aria-label={label} className="overflow-hidden" />
      <ul className="flex gap-4 pt-1 text-xs text-dim">
        {series.map(({ name, color }) => (
          <li key={name} className="flex items-center gap-1.5">
            <span aria-hidden="true" className="inline-block h-0.5 w-4" style={{ background: `var(${color})` }} />
            {name}
          </li>
        ))}
      </ul>
    </>
  )
}
