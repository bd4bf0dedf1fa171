import type { HttpFunction } from '@google-cloud/functions-framework'
import type { OpenContext } from './context.ts'
import { messageHandler } from './message.ts'

/** Takes pushes of the topic `ingest`: some days of one location are fetched, transformed, checked and staged. */
export function ingestHandler(open: OpenContext): HttpFunction {
  return messageHandler(open)
}
