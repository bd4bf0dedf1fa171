import { useSyncExternalStore } from 'react'

/** Room for a grid, for a week with its streams, and for a month with them. */
const SIZES = {
  grid: window.matchMedia('(min-width: 768px)'),
  month: window.matchMedia('(min-width: 2400px)'),
  week: window.matchMedia('(min-width: 1024px)'),
} as const

/** True on a screen that has room for it. */
export function useRoomFor(size: keyof typeof SIZES): boolean {
  const query = SIZES[size]
  return useSyncExternalStore(
    (listener) => {
      query.addEventListener('change', listener)
      return () => query.removeEventListener('change', listener)
    },
    () => query.matches,
  )
}
