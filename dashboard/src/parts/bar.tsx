interface BarProps {
  /** From 0 to 1. */
  readonly share: number
  /** Pixels of a whole. */
  readonly width: number
}

/** A share as a bar. What is not nothing can be seen. */
export function Bar({ share, width }: BarProps) {
  return (
    <svg width={width} height="10" aria-hidden="true" className="block">
      <rect width={share === 0 ? 0 : Math.max(1, share * width)} height="10" rx="2" fill="var(--ok-mark)" />
    </svg>
  )
}
