import { expect, it } from 'vitest'
import { SQLITE } from '../../../functions/adapters/sqlite/ledger.ts'
import { DaybreakError } from '../../../functions/errors.ts'
import { guard } from '../../../functions/ledger/ledger.ts'

const guarded = (error: unknown) =>
  guard({ dialect: SQLITE, what: 'read a slice' }, () => Promise.reject(error)).catch((thrown: unknown) => thrown)

it('names what was tried and why it failed, and keeps the cause', async () => {
  const cause = new Error('disk I/O error')
  const message = 'SQLite could not read a slice: disk I/O error'
  expect(await guarded(cause)).toMatchObject({ code: 'LEDGER_FAILED', message, cause })
})

it('says what each address of a name answered', async () => {
  const refused = ['::1', '127.0.0.1'].map((address) => new Error(`connect ECONNREFUSED ${address}:5432`))
  const error = await guarded(new AggregateError(refused))
  expect(error).toMatchObject({ message: expect.stringMatching(/ECONNREFUSED ::1:5432; .*127\.0\.0\.1:5432$/) })
})

it('leaves an error of ours as it is', async () => {
  const ours = new DaybreakError('LEDGER_CONFLICT', 'another worker was faster')
  expect(await guarded(ours)).toBe(ours)
})
