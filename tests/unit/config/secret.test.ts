import { describe, expect, it } from 'vitest'
import { readSecret } from '../../../functions/config/secret.ts'

const files = new Map([
  ['/secrets/key', 'top secret\r\n'],
  ['/secrets/key@2', 'newer'],
  ['/secrets/empty', '\n'],
  ['/keys/id', 'PEM\nPEM\n'],
])
const options = {
  secretsDir: '/secrets',
  files: {
    read: async (path: string) => (files.has(path) ? Buffer.from(files.get(path) ?? '') : null),
    list: async () => [],
  },
}
const read = async (reference: string) => Buffer.from(await readSecret(reference, options)).toString()

describe('a secret', () => {
  it.each([
    ['secret://key', 'top secret'],
    ['secret://key@2', 'newer'],
    ['/keys/id', 'PEM\nPEM'],
  ])('%s is %j, without the line end after it', async (reference, expected) => {
    expect(await read(reference)).toBe(expected)
  })

  it.each(['secret://nope', 'secret://key@3', 'secret://empty', '/keys/nope'])('%s is missing', async (reference) => {
    await expect(read(reference)).rejects.toMatchObject({ code: 'CONFIG_MISSING' })
  })

  it.each(['secret://', 'secret://../key', 'secret://a/b', 'secret://key@', 'secret://key@1@2', 'secret://.key'])(
    '%s is refused before any file is opened',
    async (reference) => {
      await expect(read(reference)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    },
  )

  it('that stands where its path belongs is not repeated in the error', async () => {
    await expect(read('correct horse battery staple')).rejects.toThrow(/^(?!.*horse)/)
  })
})
