import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { NightBytes } from './read.ts'

const ROOT = join(import.meta.dirname, '../../../../shared/toast')

/** True where the real exports are next to the repository. */
export const samplesPresent = existsSync(join(ROOT, 'samples'))

/** The CSV files of one folder of real samples. */
export function readSample(folder: string): NightBytes {
  const path = join(ROOT, 'samples', folder)
  return new Map(
    readdirSync(path)
      .filter((name) => name.endsWith('.csv'))
      .map((name) => [name, readFileSync(join(path, name))]),
  )
}

/** The header rows that the facts quote, by file. */
export function readHeaders(): ReadonlyMap<string, string> {
  const files = JSON.parse(readFileSync(join(ROOT, 'columns.json'), 'utf8')) as Record<
    string,
    { columns: { header: string }[] }
  >
  return new Map(
    Object.entries(files).map(([file, { columns }]) => [file, columns.map(({ header }) => header).join(',')]),
  )
}
