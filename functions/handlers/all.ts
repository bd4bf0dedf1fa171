import type { HttpFunction } from '@google-cloud/functions-framework'
import { invalid, sendProblem } from '../http/problem.ts'
import { backfillHandler } from './backfill.ts'
import type { OpenContext } from './context.ts'
import { deadLetterHandler } from './dead-letter.ts'
import { fileArrivalHandler } from './file-arrival.ts'
import { healthHandler } from './health.ts'
import { ingestHandler } from './ingest.ts'
import { loadHandler } from './load.ts'
import { tickHandler } from './tick.ts'

export type HandlerName = 'tick' | 'ingest' | 'load' | 'fileArrival' | 'backfill' | 'deadLetter' | 'health'

/** All handlers, by the names that they are registered under. */
export function createHandlers(open: OpenContext): Readonly<Record<HandlerName, HttpFunction>> {
  return {
    tick: tickHandler(open),
    ingest: ingestHandler(open),
    load: loadHandler(open),
    fileArrival: fileArrivalHandler(open),
    backfill: backfillHandler(open),
    deadLetter: deadLetterHandler(open),
    health: healthHandler(open),
  }
}

/** The first folder of a path, and who answers below it. */
export const PATHS: Readonly<Record<string, HandlerName>> = {
  '/tick': 'tick',
  '/ingest': 'ingest',
  '/load': 'load',
  '/file-arrival': 'fileArrival',
  '/backfill': 'backfill',
  '/dead-letter': 'deadLetter',
  '/health': 'health',
  '/ready': 'health',
  '/healthz': 'health',
  '/readyz': 'health',
}

/** One handler for all of them, by path: what a container serves. */
export function byPath(handlers: Readonly<Record<HandlerName, HttpFunction>>): HttpFunction {
  return (request, response) => {
    const [, first = ''] = /^(\/[a-z-]+)(?=$|[/:])/.exec(request.path) ?? []
    const name = Object.hasOwn(PATHS, first) ? PATHS[first] : undefined
    if (name !== undefined) return handlers[name](request, response)
    sendProblem(response, invalid(`there is no ${request.path.slice(0, 100)}`), 404)
  }
}
