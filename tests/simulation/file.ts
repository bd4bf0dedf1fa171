import { sumTotals } from '../../functions/lib/decimal.ts'
import type { Totals } from '../../functions/pipeline/entities.ts'

/** Kinds of content that a file may have. */
export type Kind = 'good' | 'empty' | 'header' | 'few bad rows' | 'many bad rows' | 'cut'

/** One version of a file, as its sender wrote it. */
export interface Content {
  readonly kind: Kind
  readonly text: string
}

export interface Row {
  readonly id: string
  readonly amount: string
}

const HEADER = 'Id,Amount\n'
const GOOD_ROWS = 40

/** The content of a version: its rows name it, so that no two versions are equal unless they are meant to be. */
export function contentOf(kind: Kind, name: string, version: number): Content {
  if (kind === 'empty') return { kind, text: '' }
  if (kind === 'header') return { kind, text: HEADER }
  const rows = Array.from(
    { length: GOOD_ROWS },
    (_, row) => `${name}/${row},${version}.${String(row).padStart(2, '0')}\n`,
  )
  if (kind === 'few bad rows') rows[7] = `${name}/7,bad\n`
  if (kind === 'many bad rows') rows.fill(`${name}/x,bad\n`, 0, GOOD_ROWS / 2)
  const text = HEADER + rows.join('')
  return { kind, text: kind === 'cut' ? text.slice(0, -3) : text }
}

export interface Parsed {
  readonly rows: readonly Row[]
  readonly rejects: readonly { readonly line: number }[]
}

/** The rows of a text, and the lines that are none. */
export function parseText(text: string): Parsed {
  const lines = text.split('\n').slice(1, -1)
  const rows: Row[] = []
  const rejects: { line: number }[] = []
  for (const [index, line] of lines.entries()) {
    const [id = '', amount = ''] = line.split(',')
    if (/^\d+\.\d\d$/.test(amount)) rows.push({ id, amount })
    else rejects.push({ line: index + 2 })
  }
  return { rows, rejects }
}

export function totalsOf(rows: readonly Row[]): Totals {
  return sumTotals([{ amount: '0.00' }, ...rows.map(({ amount }) => ({ amount }))])
}
