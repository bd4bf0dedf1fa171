interface SparkProps {
  readonly label: string
  /** Oldest first. */
  readonly points: readonly { readonly key: string; readonly value: number }[]
}

const WIDTH = 96
const HEIGHT = 16

/** A small series of bars from zero. The list of its values is its text. */
export function Spark({ label, points }: SparkProps) {
  const most = Math.max(1, ...points.map(({ value }) => value))
  const step = WIDTH / Math.max(1, points.length)
  return (
    <svg
      width={WIDTH}
      height={HEIGHT}
      role="img"
      aria-label={`${label}: ${points.map(({ key, value }) => `${key} ${value}`).join(', ')}`}
    >
      <path d={`M0 ${HEIGHT - 0.5}H${WIDTH}`} stroke="var(--line-strong)" />
      {points.map(({ key, value }, at) => (
        <rect
          key={key}
          x={at * step}
          width={Math.max(1, Math.min(step - 1, 8))}
          y={HEIGHT - (value / most) * (HEIGHT - 1)}
          height={(value / most) * (HEIGHT - 1)}
          fill="var(--ok-mark)"
        />
      ))}
    </svg>
  )
}
