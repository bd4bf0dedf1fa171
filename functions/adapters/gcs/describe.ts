import type { File } from '@google-cloud/storage'
import { storageError } from './errors.ts'

/** Facts of an object that are known without reading it. */
export interface Description {
  readonly bytes: number
  readonly crc32c: string | undefined
  readonly generation: string
  /** Epoch milliseconds. */
  readonly createdAt: number
}

/** Asks for an object's size, sum and generation; null when there is no such object. @throws as `storageError`. */
export async function describe(file: File): Promise<Description | null> {
  const purpose = { what: `look at the object ${file.name}`, bucket: file.bucket.name }
  try {
    const [metadata] = await file.getMetadata()
    return describeMetadata(metadata)
  } catch (error) {
    const failure = storageError(error, purpose)
    if (failure.code === 'OBJECT_MISSING') return null
    throw failure
  }
}

/** The same from metadata that came with a listing. */
export function describeMetadata(metadata: File['metadata']): Description {
  return {
    bytes: Number(metadata.size),
    crc32c: metadata.crc32c,
    generation: String(metadata.generation),
    createdAt: Date.parse(metadata.timeCreated ?? ''),
  }
}
