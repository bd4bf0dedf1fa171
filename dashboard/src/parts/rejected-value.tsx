import { shortOf } from '../data/shown.ts'

/** A value that broke its contract, as the file has it. */
export function RejectedValue({ value }: { readonly value: string | null }) {
  if (value === null || value.trim() === '')
    return <span className="text-faint">{value === null ? 'the row' : 'empty'}</span>
  return <code className="rounded bg-miss-bg px-1 font-mono text-sm text-miss">{shortOf(value)}</code>
}
