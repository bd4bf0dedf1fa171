import type { HttpFunction } from '@google-cloud/functions-framework'
import { messageHandler } from './message.ts'
import type { OpenService } from './service.ts'

/** Takes pushes of the topic `ingest`: some days of one location are fetched, transformed, checked and staged. */
export function ingestHandler(open: OpenService): HttpFunction {
  return messageHandler(open)
}
