import { useEffect } from 'react'
import { useNavigate } from 'react-router'
import { PLACES } from './places.ts'

/** True for a key press that belongs to a field and not to the page. */
function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}

/** Keys of every page: `/` search, `g` and a letter for a place, `?` the list of keys. */
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
      else return
      event.preventDefault()
    }
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  }, [navigate, onHelp])
}
