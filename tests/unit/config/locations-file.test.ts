import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { withLocation } from '../../../functions/config/locations-file.ts'

const harbor = { id: '0042', name: 'Harbor: "East"', timeZone: 'America/New_York', closeoutHour: null }

describe('withLocation', () => {
  it('fills the empty list of a new project and keeps its comments', () => {
    const text = readFileSync('config/locations.yaml', 'utf8')
    const after = withLocation(text, harbor)
    expect(after.startsWith(text.replace('locations: []\n', ''))).toBe(true)
    expect(after.slice(text.indexOf('locations: []'))).toBe(
      `locations:\n  - id: '0042'\n    name: 'Harbor: "East"'\n    time_zone: America/New_York\n`,
    )
  })

  it('adds to the end, and leaves every other line as it is', () => {
    const text = `version: 1\nlocations:\n  # first\n  - { id: "7", name: Seven, time_zone: America/Chicago } # bar\n  # end\n`
    const after = withLocation(text, { ...harbor, closeoutHour: 5 })
    for (const kept of ['# first', '# bar', '# end', 'name: Seven']) expect(after).toContain(kept)
    expect(after).toContain('closeout_hour: 5')
  })

  it('makes the file where there is none', () => {
    expect(withLocation(null, harbor)).toContain('version: 1\nlocations:\n  - id: ')
  })

  it.each([
    [
      'an id that the file has',
      `version: 1\nlocations: [{ id: '0042', name: a, time_zone: UTC }]\n`,
      harbor,
      'USAGE_INVALID',
    ],
    ['an id that is no number', null, { ...harbor, id: 'x' }, 'CONFIG_INVALID'],
    ['a file that is broken already', 'version: 1\nlocations: none\n', harbor, 'CONFIG_INVALID'],
  ])('refuses %s', (_, text, location, code) => {
    expect(() => withLocation(text, location)).toThrow(expect.objectContaining({ code }))
  })
})
