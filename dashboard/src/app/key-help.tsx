import { useEffect, useRef } from 'react'
import { Button } from '../parts/button.tsx'
import { PLACES } from './places.ts'

const KEYS: readonly (readonly [string, string])[] = [
  ['/', 'search'],
  ...PLACES.map(({ key, word }) => [`g ${key}`, word] as const),
  ['j k', 'next row, row before'],
  ['arrows', 'move in a grid'],
  ['x', 'select a cell of the grid'],
  ['a', 'acknowledge an incident'],
  ['Enter', 'open'],
  ['Esc', 'close'],
  ['?', 'this list'],
]

/** The list of keys. */
export function KeyHelp({ isOpen, onClose }: { readonly isOpen: boolean; readonly onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    if (isOpen) dialog.current?.showModal()
    else dialog.current?.close()
  }, [isOpen])
  return (
    <dialog
      ref={dialog}
      onClose={onClose}
      aria-label="Keys"
      className="m-auto rounded-lg border bg-panel p-4 text-text backdrop:bg-text/30"
    >
      <dl className="grid grid-cols-[5rem_1fr] gap-y-1">
        {KEYS.map(([key, word]) => (
          <div key={key} className="contents">
            <dt className="font-mono text-sm">{key}</dt>
            <dd className="text-dim">{word}</dd>
          </div>
        ))}
      </dl>
      <div className="mt-3 text-right">
        <Button onClick={onClose}>Close</Button>
      </div>
    </dialog>
  )
}
