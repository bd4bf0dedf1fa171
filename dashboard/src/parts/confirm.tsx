import { useActionState, useEffect, useRef } from 'react'
import { ApiProblem } from '../data/api.ts'
import { Button } from './button.tsx'

interface ConfirmProps {
  readonly title: string
  /** Effect of the action, and the number of things that it changes. */
  readonly says: string
  readonly word: string
  /** Returns what went wrong, or nothing. */
  readonly onSend: (reason: string) => Promise<string>
  readonly onClose: () => void
}

/** Asks for a reason before something is done. The reason goes into the audit. */
export function Confirm({ title, says, word, onSend, onClose }: ConfirmProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  const [problem, send, isSending] = useActionState(async (_: string, form: FormData) => {
    try {
      const wrong = await onSend(String(form.get('reason')))
      if (wrong === '') onClose()
      return wrong
    } catch (error) {
      return error instanceof ApiProblem ? `${error.problem.detail} ${error.problem.remedy}` : String(error)
    }
  }, '')
  return (
    <dialog
      ref={dialog}
      onClose={onClose}
      aria-label={title}
      className="m-auto w-[min(32rem,92vw)] rounded-lg border bg-panel p-4 text-text backdrop:bg-text/30"
    >
      <form action={send}>
        <h2 className="text-lg font-semibold">{title}</h2>
        <p className="mt-1 text-dim">{says}</p>
        <label className="mt-3 block">
          Why? It goes into the audit.
          <input
            name="reason"
            required
            maxLength={500}
            autoComplete="off"
            className="mt-1 h-8 w-full rounded-md border border-line-strong bg-bg px-2"
          />
        </label>
        {problem !== '' && (
          <p role="alert" className="mt-2 text-miss">
            {problem}
          </p>
        )}
        <div className="mt-4 flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" isMain disabled={isSending}>
            {word}
          </Button>
        </div>
      </form>
    </dialog>
  )
}
