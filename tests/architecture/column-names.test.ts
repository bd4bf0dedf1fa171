import { readFileSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { expect, it } from 'vitest'

const ONLY = 'functions/contract/carried.ts'
// A migration is frozen, and says what tables were called when it was written.
const FROZEN = 'functions/ledger/migrations/'

it.each(['location_id', 'business_date'])('the column %s is named in one module', async (name) => {
  const found: string[] = []
  for (const folder of ['functions', 'cli', 'infra', 'bench', 'mock'])
    for await (const path of glob(`${folder}/**/*.ts`))
      if (!path.startsWith(FROZEN) && readFileSync(path, 'utf8').includes(name)) found.push(path)
  expect(found).toEqual([ONLY])
})
