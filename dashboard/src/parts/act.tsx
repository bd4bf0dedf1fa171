import { useState } from 'react'
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
  /** Does it. A text that it gives is shown, and the question stays open. */
  readonly onSend: (reason: string) => Promise<unknown>
}

/** A button that asks for a reason, acts, and then reads all again. */
export function Act({ word, on, says, isMain = false, shortcut, onSend }: ActProps) {
  const [isOpen, setOpen] = useState(false)
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
        <Confirm
          title={`${word}: ${toldText(on, names)}`}
          says={says}
          word={word}
          onSend={send}
          onClose={() => setOpen(false)}
        />
      )}
    </>
  )
}
