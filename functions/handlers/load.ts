import type { HttpFunction } from '@google-cloud/functions-framework'
import type { OpenContext } from './context.ts'
import { messageHandler } from './message.ts'

/**
 * Takes pushes of the topic `load`: one partition is made equal to its newest manifest. While its job runs, the message goes
 * back to the queue; the next delivery finds the job by its id.
 */
export function loadHandler(open: OpenContext): HttpFunction {
  return messageHandler(open)
}
