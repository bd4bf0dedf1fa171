import { createHash } from 'node:crypto'
import { invalid } from '../http/problem.ts'

/** Pure: an opaque token for a place in a list that was asked for with these filters; null for no place. */
export function toPageToken(place: unknown, filters: unknown): string | null {
  if (place === null || place === undefined) return null
  return Buffer.from(JSON.stringify([hashOf(filters), place])).toString('base64url')
}

/** Pure: the place of a token. @throws {DaybreakError} REQUEST_INVALID for one of other filters, or one that was never given out. */
export function fromPageToken<Place>(token: string | undefined, filters: unknown): Place | undefined {
  if (token === undefined) return undefined
  const parsed = parse(token)
  if (parsed === null) throw invalid('pageToken: expected `nextPageToken` of an earlier answer')
  if (parsed.hash !== hashOf(filters))
    throw invalid('pageToken: it belongs to a list with other filters; begin without it')
  return parsed.place as Place
}

function parse(token: string): { readonly hash: string; readonly place: unknown } | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'))
    if (!Array.isArray(value) || value.length !== 2) return null
    const [hash, place] = value
    return typeof hash === 'string' && place !== null && typeof place === 'object' ? { hash, place } : null
  } catch {
    return null
  }
}

function hashOf(filters: unknown): string {
  return createHash('sha256').update(JSON.stringify(filters)).digest('base64url').slice(0, 12)
}
