import { useState } from 'react'
import { queries } from '../data/query.ts'
import { Button } from './button.tsx'
import { Confirm } from './confirm.tsx'

interface ActProps {
  /** Word of the button; it ends in an ellipsis, because it asks first. */
  readonly word: string
  /** The object of the action, for the head of the question. */
  readonly on: string
  /** What it does, and to how many. */
  readonly says: string
  readonly isMain?: boolean
  /** Does it. A text that it gives is shown, and the question stays open. */
  readonly onSend: (reason: string) => Promise<unknown>
}

/** A button that asks for a reason, acts, and then reads all again. */
export function Act({ word, on, says, isMain = false, onSend }: ActProps) {
  const [isOpen, setOpen] = useState(false)
  const send = async (reason: string) => {
    const answer = await onSend(reason)
    await queries.invalidateQueries()
    return typeof answer === 'string' ? answer : ''
  }
  return (
    <>
      <Button isMain={isMain} onClick={() => setOpen(true)}>
        {word}…
      </Button>
      {isOpen && (
        <Confirm title={`${word}: ${on}`} says={says} word={word} onSend={send} onClose={() => setOpen(false)} />
      )}
    </>
  )
}
