import type { HttpFunction } from '@google-cloud/functions-framework'
import { messageHandler } from './message.ts'
import type { OpenService } from './service.ts'

/**
 * Takes pushes of the topic `load`: one partition is made equal to its newest manifest. While its job runs, the message goes
 * back to the queue; the next delivery finds the job by its id.
 */
export function loadHandler(open: OpenService): HttpFunction {
  return messageHandler(open)
}
