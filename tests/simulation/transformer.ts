import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DaybreakError } from '../../functions/errors.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import { parseText, totalsOf } from './file.ts'

/** A transformer of a few lines: parts are JSON, and as pure a function of the raw bytes as any. */
export function createSimTransformer(engine: string): Transformer {
  return {
    engine,
    async transform({ raw, outDir, sourceFile }) {
      const text = await readFile(raw.path, 'utf8')
      if (text === '') throw new DaybreakError('FILE_EMPTY', `${sourceFile} has no bytes`)
      if (!text.endsWith('\n')) throw new DaybreakError('FILE_TRUNCATED', `${sourceFile} ends within a record`)
      const { rows, rejects } = parseText(text)
      const part = await write(join(outDir, 'part'), rows)
      const rejected = await write(
        join(outDir, 'rejects'),
        rejects.map((reject) => ({ ...reject, file: sourceFile })),
      )
      const records = 1 + rows.length + rejects.length
      return {
        part,
        rejects: rejected,
        counts: { lines: records, records, blankLines: 0, accepted: rows.length, rejected: rejects.length },
        totals: totalsOf(rows),
        encoding: 'utf-8',
        drift: { newColumns: [], missingOptional: [], reordered: false },
        checks: [],
      }
    },
    crossChecks: async () => [],
    bind: async () => undefined,
    close: async () => undefined,
  }
}

async function write(path: string, rows: readonly unknown[]) {
  const text = JSON.stringify(rows)
  await writeFile(path, text)
  return { path, rows: rows.length, bytes: text.length }
}
