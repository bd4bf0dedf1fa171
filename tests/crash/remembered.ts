import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CheckResult } from '../../functions/pipeline/entities.ts'
import type { Transformer, TransformRequest, TransformResult } from '../../functions/pipeline/ports.ts'

interface Remembered {
  readonly result: TransformResult
  readonly part: Uint8Array
  readonly rejects: Uint8Array
}

/**
 * The same transformer, except that it makes each part and each check once and then remembers them: they are pure
 * functions of what they are made of, which is tested elsewhere, and a thousand stories need the same four.
 */
export function rememberParts(transformer: Transformer): Transformer {
  const made = new Map<string, Promise<Remembered>>()
  const checked = new Map<string, Promise<readonly CheckResult[]>>()
  return {
    engine: transformer.engine,
    async transform(request) {
      const { contract, constants, place, sourceFile, raw } = request
      const key = JSON.stringify([contract.stream, constants, place, sourceFile, raw.sha256])
      if (!made.has(key)) made.set(key, make(transformer, request))
      const { result, part, rejects } = await made.get(key)!
      const paths = { part: join(request.outDir, 'part.parquet'), rejects: join(request.outDir, 'rejects.parquet') }
      await Promise.all([writeFile(paths.part, part), writeFile(paths.rejects, rejects)])
      return {
        ...result,
        part: { ...result.part, path: paths.part },
        rejects: { ...result.rejects, path: paths.rejects },
      }
    },
    async crossChecks(checks, parts, closeoutHour) {
      const key = JSON.stringify([checks.map(({ name }) => name), await Promise.all([...parts].map(hashOf))])
      if (!checked.has(key)) checked.set(key, transformer.crossChecks(checks, parts, closeoutHour))
      return await checked.get(key)!
    },
    bind: (contract) => transformer.bind(contract),
    close: () => transformer.close(),
  }
}

async function hashOf([stream, path]: readonly [string, string]): Promise<string> {
  return `${stream} ${createHash('sha256')
    .update(await readFile(path))
    .digest('hex')}`
}

async function make(transformer: Transformer, request: TransformRequest): Promise<Remembered> {
  const result = await transformer.transform(request)
  const [part, rejects] = await Promise.all([readFile(result.part.path), readFile(result.rejects.path)])
  return { result, part, rejects }
}
