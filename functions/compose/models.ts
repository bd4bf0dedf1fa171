import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { DaybreakError } from '../errors.ts'
import { COMPILED, CompiledModels } from '../models/compiled.ts'

/**
 * The compiled models of a project; none where it has no config/models/compiled.json.
 * @throws {DaybreakError} CONFIG_INVALID when the file is damaged.
 */
export async function readCompiledModels(projectDir: string): Promise<CompiledModels> {
  const text = await readFile(join(projectDir, COMPILED), 'utf8').catch(nullIfAbsent)
  if (text === null) return { version: 1, models: {} }
  const parsed = CompiledModels.safeParse(jsonOf(text))
  if (parsed.success) return parsed.data
  const message = `${COMPILED} is damaged: ${z.prettifyError(parsed.error)}. The file is generated; take it from version control.`
  throw new DaybreakError('CONFIG_INVALID', message)
}

function nullIfAbsent(error: unknown): null {
  if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return null
  throw error
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
