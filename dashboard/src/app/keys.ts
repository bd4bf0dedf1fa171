import { useEffect } from 'react'
import { useNavigate } from 'react-router'
import { PLACES } from './places.ts'

/** True for a key press that belongs to a field and not to the page. */
function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}

/** Moves the focus to the first link of the next row of a table, or of the one before. */
function moveRow(step: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>('main tbody tr, main [data-row]')].filter(
    (row) => row.offsetParent !== null && row.querySelector('a, button') !== null,
  )
  const at = rows.findIndex((row) => row.contains(document.activeElement))
  const next = rows[at < 0 ? 0 : Math.min(Math.max(at + step, 0), rows.length - 1)]
  next?.querySelector<HTMLElement>('a, button')?.focus()
}

/** Keys of every page: `/` search, `g` and a letter for a place, `j` and `k` rows, `?` the list of keys. */
export function useKeys({ onHelp }: { readonly onHelp: () => void }): void {
  const navigate = useNavigate()
  useEffect(() => {
    let afterG = false
    const press = (event: KeyboardEvent) => {
      if (isTyping(event.target) || event.metaKey || event.ctrlKey || event.altKey) return
      const place = afterG ? PLACES.find(({ key }) => key === event.key) : undefined
      afterG = event.key === 'g' && !afterG
      if (place) void navigate(place.path)
      else if (event.key === '?') onHelp()
      else if (event.key === '/') document.getElementById('search')?.focus()
      else if (event.key === 'j' || event.key === 'k') moveRow(event.key === 'j' ? 1 : -1)
      else if (event.key === 'a') document.querySelector<HTMLElement>('main [data-key="a"]')?.click()
      else return
      event.preventDefault()
    }
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  }, [navigate, onHelp])
}
