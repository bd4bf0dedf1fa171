import { useSyncExternalStore } from 'react'

const query = window.matchMedia('(min-width: 2400px)')

function subscribe(listener: () => void): () => void {
  query.addEventListener('change', listener)
  return () => query.removeEventListener('change', listener)
}

/** True on a screen that has room for a month with its streams. */
export function useWide(): boolean {
  return useSyncExternalStore(subscribe, () => query.matches)
}
