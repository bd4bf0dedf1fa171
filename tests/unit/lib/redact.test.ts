import { generateKeyPairSync, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { redact } from '../../../functions/lib/redact.ts'
import { ALMOST_LINEAR, growth } from '../../support/growth.ts'

const PEM = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const JWT = `${Buffer.from('{"alg":"RS256"}').toString('base64url')}.${Buffer.from('{"sub":"1"}').toString('base64url')}.${randomBytes(32).toString('base64url')}`

/** A number of so many digits that passes the check of card numbers. */
const cardNumber = fc
  .tuple(
    fc.constantFrom('34', '37', '4', '51', '55', '6011', '2221'),
    fc.integer({ min: 13, max: 19 }),
    fc.array(fc.nat(9), { minLength: 19, maxLength: 19 }),
  )
  .map(([start, length, digits]) => {
    const body = `${start}${digits.join('')}`.slice(0, length - 1)
    const sum = [...body].reverse().reduce((total, digit, at) => {
      const doubled = Number(digit) * (at % 2 === 0 ? 2 : 1)
      return total + (doubled > 9 ? doubled - 9 : doubled)
    }, 0)
    return `${body}${(10 - (sum % 10)) % 10}`
  })
const grouped = (digits: string, by: string) => digits.replace(/(\d{4})(?=\d)/g, `$1${by}`)
const noise = fc.string({ maxLength: 30 }).map((text) => text.replace(/[\w.@%+:/-]/g, ' '))

describe('text that looks like a secret is hidden in any context', () => {
  it('numbers of payment cards, in one piece or in groups', () => {
    fc.assert(
      fc.property(cardNumber, fc.constantFrom('', ' ', '-'), noise, noise, (number, by, before, after) => {
        const text = redact(`${before} ${grouped(number, by)} ${after}`)
        expect(text.replace(/\D/g, '')).not.toContain(number)
      }),
    )
  })

  it('e-mail addresses', () => {
    fc.assert(
      fc.property(fc.emailAddress({ size: 'small' }), noise, (address, around) => {
        fc.pre(/^[A-Za-z0-9._%+-]+@/.test(address))
        expect(redact(`${around} ${address}, ${around}`)).not.toContain(address)
      }),
    )
  })

  it.each([
    ['a private key', PEM],
    ['a private key on one line', PEM.replaceAll('\n', '\\n')],
    ['a private key that was cut off', PEM.slice(0, 80)],
    [
      'a private key of OpenSSH',
      `-----BEGIN OPENSSH PRIVATE KEY-----\n${randomBytes(60).toString('base64')}\n-----END OPENSSH PRIVATE KEY-----`,
    ],
  ])('%s', (_, key) => {
    const body = key
      .replace(/-----(BEGIN|END)[^-]+-----/g, '')
      .trim()
      .slice(2, 40)
    expect(redact(`cannot use ${key} here`)).not.toContain(body)
  })

  it.each([
    ['Authorization: Bearer abc123def456ghi', 'abc123def456ghi'],
    ['authorization: BASIC dXNlcjpodW50ZXIy', 'dXNlcjpodW50ZXIy'],
    [`token ${JWT} was refused`, JWT.slice(20, 60)],
    ['got ya29.a0AfH6SMBx-longer_value.x from the metadata server', 'a0AfH6SMBx'],
    [`key AIza${'b'.repeat(35)}`, 'b'.repeat(35)],
    ['{"password":"hunter2!"}', 'hunter2'],
    ['passphrase = battery-staple', 'battery'],
    ['postgres://daybreak:hunter2@10.0.0.1:5432/daybreak', 'hunter2'],
    ['https://storage.googleapis.com/b/o?X-Goog-Signature=0a1b2c3d&x=1', '0a1b2c3d'],
    ['PUT /upload?uploadType=resumable&upload_id=ABg5-UxQ', 'ABg5-UxQ'],
  ])('%s', (text, secret) => {
    expect(redact(text)).not.toContain(secret)
    expect(redact(text)).toContain('[hidden]')
  })
})

it.each([
  'sftp://toast@s-1.server.transfer.us-east-1.amazonaws.com:22 refused the key for user "toast"',
  'worker@acme-prod.iam.gserviceaccount.com does not have storage.objects.create access',
  'The secret secret://sftp-key@2 does not exist',
  'run 01968f6e-1c2d-7abc-8def-0123456789ab of location 185129, 20260101',
  'raw/toast/185129/2026-01-02/OrderDetails.csv/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  'prod_order_details_20260102_e41_a1 wrote 4111 rows at 1767346200000, generation 1767346200000008',
  'order 500000000123456782 has a total of 12.50',
  'Basic information about bearer tokens',
  'Nothing secret here: passwords are kept in Secret Manager',
])('leaves alone: %s', (text) => {
  expect(redact(text)).toBe(text)
})

it.each(['-----BEGIN A', 'a@a.a@', '4-', 'eyJ', 'bearer ', '://a:', 'password=', '4444 '])(
  'takes processor time in proportion to the length of a text made of %j',
  async (piece) => {
    expect(await growth((length) => redact(piece.repeat(length / piece.length)), 20_000)).toBeLessThan(ALMOST_LINEAR)
  },
)
