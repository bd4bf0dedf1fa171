import { describe, expect, it } from 'vitest'
import { MESSAGE_KINDS } from '../../../functions/notify/message.ts'
import { toEmail } from '../../../functions/notify/render/email.ts'
import { toPagerduty } from '../../../functions/notify/render/pagerduty.ts'
import { toSlack } from '../../../functions/notify/render/slack.ts'
import { cut } from '../../../functions/notify/render/text.ts'
import { toWebhook } from '../../../functions/notify/render/webhook.ts'
import { exampleMessage } from '../../support/notify/messages.ts'

const FORMS = {
  email: (message: ReturnType<typeof exampleMessage>) => {
    const { subject, text, html } = toEmail(message)
    return [`Subject: ${subject}`, '', text, html].join('\n')
  },
  slack: (message: ReturnType<typeof exampleMessage>) => JSON.stringify(toSlack(message, { isCopy: false }), null, 1),
  pagerduty: (message: ReturnType<typeof exampleMessage>) => JSON.stringify(toPagerduty(message), null, 1),
  webhook: (message: ReturnType<typeof exampleMessage>) => JSON.stringify(toWebhook(message, 'n1'), null, 1),
}

describe('every kind of message looks as it did', () => {
  it.each(Object.entries(FORMS))('in %s', async (name, render) => {
    const all = MESSAGE_KINDS.map((kind) => {
      const urgency = kind === 'digest' || kind === 'report' || kind === 'test' ? 'information' : 'page'
      return `===== ${kind}\n${render(exampleMessage({ kind, urgency }))}`
    })
    const ticket = `===== opened, ticket\n${render(exampleMessage({ urgency: 'ticket' }))}`
    await expect([...all, ticket].join('\n')).toMatchFileSnapshot(`golden/messages.${name}.txt`)
  })
})

it('a cut text keeps whole characters and says that it was cut', () => {
  expect(cut('abcdef', 6)).toBe('abcdef')
  expect(cut('abcdefg', 6)).toBe('abc...')
  expect(cut('ab\u{1F4A5}\u{1F4A5}\u{1F4A5}', 6)).toBe('ab...')
})
