import { describe } from 'vitest'
import { createMemoryLedger } from '../support/memory-ledger.ts'
import { testLedger } from './ledger.ts'

describe('the ledger in memory, which simulations are made with', () => {
  testLedger(async () => createMemoryLedger())
})
