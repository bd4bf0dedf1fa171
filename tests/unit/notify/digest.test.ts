import { expect, it } from 'vitest'
import { type Digest, type DigestFacts, toDigest } from '../../../functions/notify/digest.ts'
import { toText } from '../../../functions/notify/render/text.ts'
import { moneyInWords } from '../../../functions/notify/words.ts'

const NOW = Date.UTC(2026, 10, 30, 12, 0)

const well: DigestFacts = {
  ...{
    pipeline: 'toast',
    date: '2026-11-29',
    noun: { one: 'location', many: 'locations' },
    shards: 40,
    complete: 40,
    waived: 0,
    missing: [],
  },
  ...{ files: 280, loadedAt: Date.UTC(2026, 10, 30, 11, 17), accepted: 118_388, rejected: 14 },
  usuallyLoadedAt: Date.UTC(2026, 10, 30, 10, 38),
  odd: [{ name: 'Store 31', percent: -62 }],
  missingAmount: null,
  headline: { label: 'net sales', amount: '430536.9512', unit: 'USD' },
  rejects: [
    { stream: 'order_details', rows: 11 },
    { stream: 'payment_details', rows: 3 },
  ],
  corrections: [{ name: 'Store 12', date: '2026-11-28', stream: 'order_details', rows: 3 }],
  expiring: [],
}
const bad: DigestFacts = {
  ...well,
  ...{ complete: 36, waived: 1, missing: ['Store 7', 'Store 19', 'Store 20'], files: 259, rejected: 0, rejects: [] },
  ...{ headline: null, corrections: [], usuallyLoadedAt: null, odd: [] },
  missingAmount: { amount: '27604.18', unit: 'USD' },
  expiring: [{ name: 'Store 7', date: '2026-11-24', goneAt: NOW + 26 * 3_600_000 }],
}
const digest = (changes: Partial<Digest> = {}): Digest => ({
  ...{ person: 'ana', environment: 'prod', zone: 'America/New_York', now: NOW, pipelines: [well], open: [] },
  onCall: [{ name: 'Ana', until: Date.UTC(2026, 11, 7, 14) }],
  cost: { month: 8.9, budget: 150 },
  address: 'https://daybreak.example.com',
  ...changes,
})

it('says a morning as it did', async () => {
  const all = {
    'all is well': digest(),
    'not complete': digest({
      pipelines: [bad],
      open: ['toast: 29 Nov is not complete: 3 of 40 locations (7.5 %).'],
      cost: null,
    }),
    'two pipelines': digest({
      pipelines: [well, { ...bad, pipeline: 'shops', date: '2026-11-29' }],
      onCall: [],
      address: null,
    }),
    'nothing came': digest({ pipelines: [{ ...bad, files: 0, loadedAt: null, complete: 0 }] }),
  }
  const text = Object.entries(all).map(([name, one]) => `===== ${name}\n${toText(toDigest(one))}`)
  await expect(text.join('\n')).toMatchFileSnapshot('golden/digests.txt')
})

it.each([
  ['430536.9550', 'USD', '$430,536.96'],
  ['-0.005', 'USD', '-$0.01'],
  ['1204.5', 'EUR', '1,204.50 EUR'],
  ['12', '', '12.00'],
])('%s %s reads %s', (amount, unit, words) => expect(moneyInWords(amount, unit)).toBe(words))
