import { expect, it } from 'vitest'
import { chooseFile, FILE_NAME, matchesFile, mayShareFile } from '../../../functions/contract/file-name.ts'

it.each([
  ['MenuExport_*.json', 'MenuExport_5f0c-a1.json', true],
  ['MenuExport_*.json', 'MenuExport_.json', false],
  ['MenuExport_*.json', 'MenuExportV2_5f0c.json', false],
  ['MenuExport_*.json', 'MenuExport_a.json.filepart', false],
  ['MenuExport_*.json', 'menuexport_a.json', false],
  ['MenuExport_*.json', 'MenuExport_aXjson', false],
  ['MenuExport_*.json', 'MenuExport_a b.json', false],
  ['Orders.csv', 'Orders.csv', true],
  ['Orders.csv', 'OrdersXcsv', false],
])('%s is the file %s: %s', (file, name, is) => {
  expect(matchesFile(file, name)).toBe(is)
})

it.each([
  ['Menu_*.json', true],
  ['*.json', false],
  ['Menu_*_*.json', false],
  ['../x', false],
  ['a/b.csv', false],
])('%s may stand in a contract: %s', (file, may) => {
  expect(FILE_NAME.test(file)).toBe(may)
})

it('takes the newest of several files, and of equally old ones the last by name', () => {
  const files = [
    { name: 'M_b.json', modifiedAt: 5 },
    { name: 'M_c.json', modifiedAt: 5 },
    { name: 'M_a.json', modifiedAt: 4 },
    { name: 'N.json', modifiedAt: 9 },
  ]
  expect(chooseFile('M_*.json', files)?.name).toBe('M_c.json')
  expect(chooseFile('M_*.json', files.toReversed())?.name).toBe('M_c.json')
  expect(chooseFile('M_*.csv', files)).toBeNull()
})

it('knows when two contracts would read one file', () => {
  expect(mayShareFile('Menu_*.json', 'menu_x.json')).toBe(true)
  expect(mayShareFile('Menu*.json', 'Menu_*.json')).toBe(true)
  expect(mayShareFile('MenuExport_*.json', 'MenuExportV2_*.json')).toBe(false)
})
