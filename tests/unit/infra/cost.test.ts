import { expect, it } from 'vitest'
import { idleCost, nightlyCost, total } from '../../../infra/cost.ts'
import { PRICES } from '../../../infra/prices.ts'
import { deploymentFor } from '../../support/deployment.ts'

const words = (lines: ReturnType<typeof idleCost>) => lines.map(({ what }) => what)

it('idle, an environment pays for its ledger first, and for no service', async () => {
  const lines = idleCost(await deploymentFor('prod'))
  expect(lines[0]).toMatchObject({ what: 'Ledger', basis: 'db-g1-small, 10 GiB, one zone: always on' })
  expect(lines[0]!.dollars).toBeCloseTo(PRICES.sql['db-g1-small'] + 10 * PRICES.sql.ssdGib + 10 * PRICES.sql.backupGib)
  expect(words(lines).filter((what) => what.startsWith('daybreak-'))).toEqual([])
})

it('counts what is declared: a second zone, own keys, an external ledger', async () => {
  const prod = await deploymentFor('prod')
  const [ledger] = idleCost(prod)
  const regional = { ...prod, infra: { ...prod.infra, ledger: { ...prod.infra.ledger, regional: true } } }
  const backups = 10 * PRICES.sql.backupGib
  expect(idleCost(regional)[0]!.dollars).toBeCloseTo(2 * (ledger!.dollars - backups) + backups)
  expect(words(idleCost(prod))).toContain('Keys')
  const plain = { ...prod, infra: { ...prod.infra, encryptionKeys: false } }
  expect(words(idleCost(plain))).not.toContain('Keys')
  const elsewhere = { ...prod, ledger: { ...prod.ledger, host: 'db.example.com' } }
  expect(words(idleCost(elsewhere))).not.toContain('Ledger')
  expect(total(idleCost(elsewhere))).toBeLessThan(total(idleCost(prod)) - 20)
})

it('says which price is missing instead of leaving it out', async () => {
  const prod = await deploymentFor('prod')
  const large = { ...prod, infra: { ...prod.infra, ledger: { ...prod.infra.ledger, tier: 'db-custom-96-1' } } }
  expect(() => idleCost(large)).toThrow('infra/prices.ts has no price for the machine db-custom-96-1')
})

it('a night of one location costs cents a month, of a thousand tens of dollars', async () => {
  const prod = await deploymentFor('prod')
  const [one, fifty, thousand] = [1, 50, 1000].map((count) => total(nightlyCost(prod, count)))
  expect(one).toBeLessThan(0.1)
  expect(fifty).toBeGreaterThan(one! * 40)
  expect(thousand).toBeGreaterThan(20)
  expect(thousand).toBeLessThan(100)
})

it('what is free is free: one location pays for no second of a processor', async () => {
  expect(words(nightlyCost(await deploymentFor('prod'), 1))).not.toContain('Compute')
  expect(words(nightlyCost(await deploymentFor('prod'), 50))).not.toContain('Compute')
  expect(words(nightlyCost(await deploymentFor('prod'), 1000))).toContain('Compute')
})
