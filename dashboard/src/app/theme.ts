import { useSyncExternalStore } from 'react'

/** Chosen colours; `system` follows the system. */
export type Theme = 'system' | 'light' | 'dark'

const KEY = 'daybreak.theme'
const listeners = new Set<() => void>()

function read(): Theme {
  const kept = window.localStorage.getItem(KEY)
  return kept === 'light' || kept === 'dark' ? kept : 'system'
}

function show(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme
}

show(read())

/** The theme, and the next one in turn: system, light, dark. */
export function useTheme(): { readonly theme: Theme; readonly turn: () => void } {
  const theme = useSyncExternalStore((listener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }, read)
  const turn = () => {
    const next: Theme = theme === 'system' ? 'light' : theme === 'light' ? 'dark' : 'system'
    window.localStorage.setItem(KEY, next)
    show(next)
    for (const listener of listeners) listener()
  }
  return { theme, turn }
}
