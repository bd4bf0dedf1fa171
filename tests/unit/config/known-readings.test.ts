import { expect, it } from 'vitest'
import { z } from 'zod'
import { readOnce } from '../../../functions/config/known-readings.ts'
import { readConfig } from '../../../functions/config/read.ts'

const Schema = z.strictObject({ name: z.string() })

function reader() {
  let readings = 0
  return {
    read: (text: string, env = {}, file = 'a.yaml') =>
      readOnce(Schema, { file, text, env }, () => {
        readings++
        return readConfig(Schema, { file, text, env })
      }),
    count: () => readings,
  }
}

it('reads a text of a file once, and a changed one again', () => {
  const { read, count } = reader()
  expect(read('name: one').value).toEqual({ name: 'one' })
  expect(read('name: one').value).toEqual({ name: 'one' })
  expect(count()).toBe(1)
  expect(read('name: two').value).toEqual({ name: 'two' })
  expect(read('name: one', {}, 'b.yaml').file).toBe('b.yaml')
  expect(count()).toBe(3)
})

it('reads what has problems or names a variable each time', () => {
  const { read, count } = reader()
  expect(read('nme: one').problems).toHaveLength(2)
  expect(read('nme: one').problems).toHaveLength(2)
  expect(read(`name: \${NAME}`, { NAME: 'x' }).value).toEqual({ name: 'x' })
  expect(read(`name: \${NAME}`, { NAME: 'y' }).value).toEqual({ name: 'y' })
  expect(count()).toBe(4)
})

it('forgets when a megabyte of texts is kept', () => {
  const { read, count } = reader()
  const long = (letter: string) => `name: ${letter.repeat(600_000)}`
  for (const letter of ['x', 'y', 'x']) read(long(letter))
  expect(count()).toBe(3)
})
