import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Answer } from '../../functions/pipeline/ports.ts'
import { inChunks } from './chunks.ts'
import { xlsxStream } from './xlsx.ts'

interface Into {
  readonly path: string
  readonly format: 'csv' | 'xlsx'
}

/** Writes an answer row by row as it comes, and gives the number of its rows. */
export async function writeRows(answer: Answer, { path, format }: Into): Promise<number> {
  let rows = 0
  async function* counted() {
    for await (const batch of answer.batches) {
      rows += batch.length
      yield* batch
    }
  }
  const content =
    format === 'csv' ? Readable.from(inChunks(csvOf(answer.columns, counted()))) : xlsxStream(answer.columns, counted())
  await pipeline(content, createWriteStream(path, { flags: 'wx' }))
  return rows
}

type Rows = AsyncIterable<readonly (string | null)[]>

/** The values as they are: what a spreadsheet would take for a formula stays, since programs read it too. */
async function* csvOf(columns: Answer['columns'], rows: Rows): AsyncGenerator<string> {
  yield lineOf(columns.map(({ name }) => name))
  for await (const row of rows) yield lineOf(row)
}

function lineOf(cells: readonly (string | null)[]): string {
  return `${cells.map((cell) => (cell === null ? '' : /[",\r\n]/.test(cell) || cell === '' ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\n`
}
