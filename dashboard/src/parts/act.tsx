import { useState } from 'react'
import { useSearchParams } from 'react-router'
import { queries } from '../data/query.ts'
import { toldText } from '../data/told.ts'
import { Button } from './button.tsx'
import { Confirm } from './confirm.tsx'
import { useNames } from './told.tsx'

interface ActProps {
  /** Word of the button; it ends in an ellipsis, because it asks first. */
  readonly word: string
  /** The object of the action, for the head of the question. */
  readonly on: string
  /** Effect of the action, and the number of things that it changes. */
  readonly says: string
  readonly isMain?: boolean
  /** Key that presses it from anywhere on the page. */
  readonly shortcut?: string
  /** Name in the address, `?do=NAME`: a link with it comes with the question open. */
  readonly link?: string
  /** Does it. A text that it gives is shown, and the question stays open. */
  readonly onSend: (reason: string) => Promise<unknown>
}

/** A button that asks for a reason, acts, and then reads all again. */
export function Act({ word, on, says, isMain = false, shortcut, link, onSend }: ActProps) {
  const [search, setSearch] = useSearchParams()
  const [isOpen, setOpen] = useState(link !== undefined && search.get('do') === link)
  const close = () => {
    setOpen(false)
    if (link === undefined || search.get('do') !== link) return
    setSearch(without, { replace: true })
  }
  const names = useNames()
  const send = async (reason: string) => {
    const answer = await onSend(reason)
    await queries.invalidateQueries()
    return typeof answer === 'string' ? answer : ''
  }
  return (
    <>
      <Button isMain={isMain} data-key={shortcut} aria-keyshortcuts={shortcut} onClick={() => setOpen(true)}>
        {word}…
      </Button>
      {isOpen && (
        <Confirm title={`${word}: ${toldText(on, names)}`} says={says} word={word} onSend={send} onClose={close} />
      )}
    </>
  )
}

function without(search: URLSearchParams): URLSearchParams {
  const left = new URLSearchParams(search)
  left.delete('do')
  return left
}
