import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { ImportedLocation } from '../entities.ts'
import type { Ports } from '../ports.ts'
import type { Skip } from './rebuild-facts.ts'

const ImportedFile = z.object({
  version: z.literal(1),
  location: z.object({
    pipeline: z.string(),
    id: z.string(),
    timeZone: z.string(),
    closeoutHour: z.number(),
    at: z.number(),
  }) satisfies z.ZodType<ImportedLocation>,
})

/** Puts what an import said of its locations next to the decisions, before the ledger has it. Objects are never changed. */
export async function keepImported(
  locations: readonly ImportedLocation[],
  { objects }: Pick<Ports, 'objects'>,
): Promise<void> {
  for (const location of locations) {
    const bytes = Buffer.from(`${JSON.stringify({ version: 1, location })}\n`)
    const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 12)
    await objects.put(`${folderOf(location.pipeline)}${location.id}/${hash}.json`, bytes)
  }
}

/** The newest of what imports said of each location of a pipeline. */
export async function importedRecords(
  pipeline: string,
  { objects }: Pick<Ports, 'objects'>,
  skip: Skip,
): Promise<readonly ImportedLocation[]> {
  const newest = new Map<string, ImportedLocation>()
  for await (const { name } of objects.list(folderOf(pipeline))) {
    const location = parse(await objects.get(name))
    if (location === null || location.pipeline !== pipeline) skip({ object: name, problem: 'is no imported location' })
    else if (location.at >= (newest.get(location.id)?.at ?? 0)) newest.set(location.id, location)
  }
  return [...newest.values()]
}

function folderOf(pipeline: string): string {
  return `locations/${pipeline}/`
}

function parse(bytes: Uint8Array): ImportedLocation | null {
  try {
    return ImportedFile.parse(JSON.parse(Buffer.from(bytes).toString('utf8'))).location
  } catch {
    return null
  }
}
