import { describe } from 'vitest'
import { testSeeds } from './seeds.ts'

// Two files, because each is worked on by a processor of its own. More seeds: npm run simulate -- --seeds 5000 --from 201
describe('a simulated pipeline over three days in which everything goes wrong', () => {
  testSeeds(1, 100)
})
