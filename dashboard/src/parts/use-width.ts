import { useLayoutEffect, useState } from 'react'

/** Pixels that there are for an element: the width of its parent, as it changes. */
export function useWidth(element: React.RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0)
  useLayoutEffect(() => {
    const place = element.current?.parentElement
    if (!place) return
    const measure = () => setWidth(place.clientWidth)
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(place)
    return () => observer.disconnect()
  }, [element])
  return width
}
