import { DaybreakError } from '../../errors.ts'
import { isPlainName } from '../../lib/plain-name.ts'

/** Names of the buckets. Each kind of object is kept differently, so each may have its own; they may also be one. */
export interface Buckets {
  /** Names that begin with `raw/`. */
  readonly raw: string
  /** Names that begin with `parts/`: parts, rejects and the records of transforms. */
  readonly parts: string
  /** All others: manifests. */
  readonly control: string
}

/** Bucket of an object, by the first segment of its name. */
export function bucketFor(name: string, { raw, parts, control }: Buckets): string {
  if (name.startsWith('raw/')) return raw
  return name.startsWith('parts/') ? parts : control
}

/** Part of a bucket that a listing of objects looks at. */
export interface Place {
  readonly bucket: string
  /** The prefix to ask for. */
  readonly from: string
  /** False for a name that belongs into another bucket. */
  readonly isOurs: (name: string) => boolean
}

/** Places of all objects whose names begin with a prefix, in the order of the names. */
export function placesFor(prefix: string, { raw, parts, control }: Buckets): readonly Place[] {
  const kinds = [
    { bucket: raw, root: 'raw/' },
    { bucket: parts, root: 'parts/' },
  ]
  const within = kinds.find(({ root }) => prefix.startsWith(root))
  if (within) return [{ bucket: within.bucket, from: prefix, isOurs: () => true }]
  const above = kinds
    .filter(({ root }) => root.startsWith(prefix))
    .map(({ bucket, root }) => ({ bucket, from: root, isOurs: () => true }))
  const isOurs = (name: string) => !kinds.some(({ root }) => name.startsWith(root))
  return [...above, { bucket: control, from: prefix, isOurs }]
}

/** The name that belongs to an absolute path. @throws {DaybreakError} SOURCE_LISTING_FAILED when it is outside of the root. */
export function keyOf({ root }: { readonly root: string }, path: string): string {
  const inside = root === '/' || path === root || path.startsWith(`${root.replace(/\/$/, '')}/`)
  const segments = path.split('/').filter((segment) => segment !== '')
  if (inside && path.startsWith('/') && segments.every(isPlainName)) return segments.join('/')
  throw new DaybreakError('SOURCE_LISTING_FAILED', `${path} is not inside ${root}`)
}
