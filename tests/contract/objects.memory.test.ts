import { describe } from 'vitest'
import { testFolder } from '../support/folder.ts'
import { createMemoryObjects } from '../support/memory-objects.ts'
import { testObjects } from './objects.ts'

describe('objects in memory, which other tests rely on', () => {
  testObjects(async () => {
    const map = new Map<string, Uint8Array>()
    return {
      objects: createMemoryObjects(map),
      other: createMemoryObjects(map),
      folder: await testFolder(),
      damage: null,
    }
  })
})
