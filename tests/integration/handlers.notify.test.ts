import { afterAll, expect, it } from 'vitest'
import { createContext } from '../../functions/compose/context.ts'
import { watchOnce } from '../../functions/compose/watch.ts'
import { at } from '../support/definition.ts'
import { envelope, LOCAL, LOCAL_TOKEN, post, serve } from '../support/pushes.ts'
import { createWorld } from '../support/world.ts'

const world = await createWorld({ now: at('2025-02-07T12:00:00Z'), streams: ['order_details'] })
const daybreak = await world.open()
const watch = () => watchOnce(world.project, daybreak)
const context = createContext(daybreak.worker, world.project, {
  ...{ stopping: new AbortController().signal, localToken: LOCAL_TOKEN, watch },
})
const server = { ...(await serve(context)), headers: LOCAL }
afterAll(async () => {
  await server.drain(200, () => undefined)
  await daybreak.close()
  await world.close()
})

const MINUTE = envelope({ kind: 'notify' })
const incidents = async () => {
  const open = await daybreak.ports.ledger.incidents({ states: ['open'] })
  return open.map(({ key, reason }) => `${key} ${reason.code}`)
}

it('a minute of the watch finds what is overdue, and a second one at the same time finds nothing else', async () => {
  const answers = await Promise.all([post(server, '/notify', MINUTE), post(server, '/notify', MINUTE)])
  expect(answers.map(({ status }) => status)).toEqual([204, 204])
  expect((await incidents()).filter((each) => each.startsWith('watch/'))).toEqual([
    'watch/toast/unlooked WATCH_OVERDUE',
  ])
})

it('a minute that died is one incident however many die, and the next pass ends it', async () => {
  const attributes = { CloudPubSubDeadLetterSourceSubscription: 'daybreak-notify-push' }
  for (const id of ['m1', 'm2'])
    expect((await post(server, '/dead-letter', envelope({ kind: 'notify' }, { id, attributes }))).status).toBe(204)
  expect((await incidents()).filter((each) => each.startsWith('message/'))).toEqual(['message/watch/notify INCOMPLETE'])
  expect((await post(server, '/notify', MINUTE)).status).toBe(204)
  expect((await incidents()).filter((each) => each.startsWith('message/'))).toEqual([])
})
