import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deadLetterSource, messageIdOf, parsePush } from '../../../../functions/adapters/pubsub/envelope.ts'
import { DaybreakError } from '../../../../functions/errors.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')

/** As Google's documentation shows it. */
const push = (message: Record<string, unknown> = {}, rest: Record<string, unknown> = {}) => ({
  message: {
    attributes: { kind: 'ingest', pipeline: 'toast' },
    data: base64('{"messageId":"m1"}'),
    messageId: '2070443601311540',
    message_id: '2070443601311540',
    publishTime: '2021-02-26T19:13:55.749Z',
    publish_time: '2021-02-26T19:13:55.749Z',
    ...message,
  },
  subscription: 'projects/myproject/subscriptions/mysubscription',
  ...rest,
})

const refusal = (body: unknown): unknown => {
  try {
    return parsePush(body)
  } catch (error) {
    return error
  }
}

describe('a push request', () => {
  it('is taken apart', () => {
    expect(parsePush(push({}, { deliveryAttempt: 5 }))).toEqual({
      id: '2070443601311540',
      kind: 'ingest',
      subscription: 'projects/myproject/subscriptions/mysubscription',
      publishTime: Date.UTC(2021, 1, 26, 19, 13, 55, 749),
      deliveryAttempt: 5,
      attributes: { kind: 'ingest', pipeline: 'toast' },
      data: { messageId: 'm1' },
    })
  })

  it('names the message of the ledger', () => {
    expect(messageIdOf(parsePush(push()))).toBe('m1')
    expect(() => messageIdOf(parsePush(push({ data: base64('{"messageId":""}') })))).toThrow(
      'names no message of the ledger',
    )
    expect(() => messageIdOf(parsePush(push({ data: undefined })))).toThrow('names no message of the ledger')
  })

  it('says its kind by attribute, or else in its data, or not at all', () => {
    const scheduled = { attributes: undefined, data: base64('{"kind":"tick","pipeline":"toast"}') }
    expect(parsePush(push(scheduled)).kind).toBe('tick')
    expect(parsePush(push({ attributes: { eventType: 'OBJECT_FINALIZE' } })).kind).toBe(null)
    expect(parsePush(push({ data: undefined, attributes: { kind: 'load' } }))).toMatchObject({
      kind: 'load',
      data: null,
      deliveryAttempt: null,
    })
  })

  it('takes times with nanoseconds, and with an offset', () => {
    const at = (publishTime: string) => parsePush(push({ publishTime })).publishTime
    expect(at('2021-02-26T19:13:55.749123456Z')).toBe(Date.UTC(2021, 1, 26, 19, 13, 55, 749))
    expect(at('2021-02-26T14:13:55-05:00')).toBe(Date.UTC(2021, 1, 26, 19, 13, 55))
  })

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['text', 'message'],
    ['a list', []],
    ['no message', { subscription: 'projects/p/subscriptions/s' }],
    ['no subscription', { message: push().message }],
    ['another subscription', push({}, { subscription: 'mysubscription' })],
    ['no id', push({ messageId: undefined })],
    ['a number as id', push({ messageId: 7 })],
    ['no time', push({ publishTime: undefined })],
    ['no real time', push({ publishTime: 'yesterday' })],
    ['data that is not base64', push({ data: '{"messageId":"m1"}' })],
    ['data that is not JSON', push({ data: base64('secret=hunter2') })],
    ['data that is not UTF-8', push({ data: Buffer.from([0x22, 0xff, 0x22]).toString('base64') })],
    ['attributes that are no text', push({ attributes: { kind: 7 } })],
    ['no whole attempt', push({}, { deliveryAttempt: 1.5 })],
    ['no attempt', push({}, { deliveryAttempt: 0 })],
  ])('is refused with %s (fault 54)', (_, body) => {
    const error = refusal(body)
    expect(error).toBeInstanceOf(DaybreakError)
    expect(error).toMatchObject({ code: 'MESSAGE_INVALID', retryable: false })
    expect(String(error)).not.toContain('hunter2')
  })

  it('is refused with that code or understood, for any content (fault 54)', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true }), fc.anything(), (whole, part) => {
        for (const body of [whole, push({ data: part }), push({ attributes: part }), push({}, { message: part })]) {
          const result = refusal(body)
          if (result instanceof Error) expect(result).toMatchObject({ code: 'MESSAGE_INVALID' })
          else expect(result).toHaveProperty('id')
        }
      }),
    )
  })
})

describe('a dead letter', () => {
  it('says where it comes from', () => {
    const attributes = {
      CloudPubSubDeadLetterSourceDeliveryCount: '5',
      CloudPubSubDeadLetterSourceSubscription: 'daybreak-ingest',
      CloudPubSubDeadLetterSourceSubscriptionProject: 'acme-daybreak',
      CloudPubSubDeadLetterSourceTopicPublishTime: '2021-02-26T19:13:55.749+00:00',
    }
    expect(deadLetterSource({ attributes })).toEqual({
      subscription: 'daybreak-ingest',
      deliveries: 5,
      publishTime: Date.UTC(2021, 1, 26, 19, 13, 55, 749),
    })
  })

  it('says less when less is there, and nothing when it is none', () => {
    const attributes = {
      CloudPubSubDeadLetterSourceSubscription: 's',
      CloudPubSubDeadLetterSourceDeliveryCount: 'many',
    }
    expect(deadLetterSource({ attributes })).toEqual({ subscription: 's', deliveries: null, publishTime: null })
    expect(deadLetterSource({ attributes: { kind: 'ingest' } })).toBe(null)
  })
})
