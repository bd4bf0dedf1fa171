import { createHash } from 'node:crypto'
import { z } from 'zod'
import { invalid } from '../http/problem.ts'

/** Place in a list by time. */
export const ByTime = z.strictObject({ at: z.int(), id: z.string() })

/** Place in a list of days. */
export const ByDay = z.strictObject({ from: z.iso.date() })

/** Place in a list of slices. */
export const BySlice = z.strictObject({ window: z.string(), shard: z.string(), stream: z.string() })

/** Place in a list of files. */
export const ByFile = z.strictObject({ window: z.string(), shard: z.string(), name: z.string() })

/** Place in a list of lines. */
export const ByNumber = z.strictObject({ from: z.int().min(0) })

/** Pure: an opaque token for a place in a list that was asked for with these filters; null for no place. */
export function toPageToken(place: unknown, filters: unknown): string | null {
  if (place === null || place === undefined) return null
  return Buffer.from(JSON.stringify([hashOf(filters), place])).toString('base64url')
}

/**
 * Pure: the place of a token. The token is not signed, so its place is checked like a parameter.
 * @throws {DaybreakError} REQUEST_INVALID for one of other filters, or one that was never given out.
 */
export function fromPageToken<Place>(
  token: string | undefined,
  filters: unknown,
  place: z.ZodType<Place>,
): Place | undefined {
  if (token === undefined) return undefined
  const parsed = z.tuple([z.string(), place]).safeParse(parse(token))
  if (!parsed.success) throw invalid('pageToken: expected `nextPageToken` of an earlier answer')
  const [hash, found] = parsed.data
  if (hash !== hashOf(filters)) throw invalid('pageToken: it belongs to a list with other filters; begin without it')
  return found
}

function parse(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString('utf8'))
  } catch {
    return null
  }
}

function hashOf(filters: unknown): string {
  return createHash('sha256').update(JSON.stringify(filters)).digest('base64url').slice(0, 12)
}
