import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { Contract } from '../../../functions/contract/contract.ts'
import { jsonRecords } from '../../../functions/engine/json/json-records.ts'
import { yamlWords } from '../../../functions/lib/yaml-object.ts'

const menu = Contract.parse(parse(readFileSync('config/contracts/toast/menu_items.yaml', 'utf8')))
const read = (bytes: string | Buffer, contract = menu) => {
  const { header, places, records } = jsonRecords(Buffer.from(bytes), contract, 'Menu.json')
  return { header, places, lines: [...records()] }
}
const refusal = (code: string, message = '') =>
  expect.objectContaining({ code, message: expect.stringContaining(message) })
const item = '{"guid":"i1","name":"Soup","price":4.10}'
const inMenu = (text: string) => `[{"guid":"m","groups":[{"guid":"g","items":[${text}]}]}]`

describe('a JSON file that no row can be taken from', () => {
  const UNREADABLE = [
    [
      'a comma after the last member',
      inMenu(`${item},`),
      '"]" where a value after the comma belongs, in line 1, column 86',
    ],
    ['two values', `${inMenu(item)}\n[]`, 'the end of the file belongs, in line 2, column 1'],
    [
      'a key twice',
      inMenu('{"guid":"i","price":1,\n"price":2}'),
      'the key "price" twice in one object in line 2, column 1',
    ],
    ['a key twice where no column reads', '[{"x":{"a":1,"a":2}}]', 'the key "a" twice'],
    ['a word for a value', inMenu('{"guid":nil}'), '"n" where a value belongs'],
    ['NaN', inMenu('{"price":NaN}'), '"N" where a value belongs'],
    ['a number with a leading zero', inMenu('{"price":007}'), '"007", which is no number'],
    ['a number without digits after the point', inMenu('{"price":1.}'), '"1.", which is no number'],
    ['single quotes', "[{'guid':1}]", '"\'" where a key in quotes belongs'],
    ['a comment', '[ // none\n]', '"/" where a value belongs'],
    ['a line break in a text', '[{"name":"a\nb"}]', 'a control character inside quotes in line 1, column 12'],
    ['an escape that is none', '[{"name":"\\x41"}]', 'an escape that JSON does not have'],
    ['lists without an end to their depth', '['.repeat(100_000), 'nested more than 64 deep'],
    [
      'an object where the list of menus belongs',
      '{"menus":[]}',
      'it is an object where a list belongs, at line 1, column 1',
    ],
    [
      'an object where a list of groups belongs',
      '[{"groups":{"guid":"g"}}]',
      'its [0].groups is an object where a list belongs, at line 1, column 12',
    ],
    [
      'a list where an item belongs',
      inMenu(`${item},[${item}]`),
      'its [0].groups[0].items[1] is a list where an object belongs',
    ],
    ['a text where a group belongs', '[{"groups":["Mains"]}]', 'its [0].groups[0] is a text where an object belongs'],
    ['null where an item belongs', inMenu('null'), 'its [0].groups[0].items[0] is null where an object belongs'],
    [
      'a text where subgroups belong',
      '[{"groups":[{"subgroups":"none"}]}]',
      'its [0].groups[0].subgroups is a text where a list belongs',
    ],
    ['only a number', '12', 'it is a number where a list belongs'],
    ['null', 'null', 'it is null where a list belongs'],
  ] as const

  it.each(UNREADABLE)('is refused with its place: %s', (_, text, message) => {
    expect(() => read(text)).toThrow(refusal('FILE_UNREADABLE', message))
  })

  it.each(['utf16le', 'utf-16le with a mark'])('is refused in %s', (encoding) => {
    const mark = encoding === 'utf16le' ? '' : '\ufeff'
    expect(() => read(Buffer.from(`${mark}${inMenu(item)}`, 'utf16le'))).toThrow(refusal('FILE_UNREADABLE', 'UTF-16'))
  })

  it('is refused at the first byte that is no UTF-8', () => {
    const bytes = Buffer.concat([Buffer.from('[{"name":"Caf'), Buffer.from([0xe9]), Buffer.from('"}]')])
    expect(() => read(bytes)).toThrow(refusal('FILE_UNREADABLE', 'line 1, column 14'))
  })

  it('is half-written wherever it ends', () => {
    const whole = inMenu('{"guid":"\\u00e9\\n","ok":true,"no":false,"nil":null,"price":-1.5e3}')
    for (let end = 1; end < whole.length; end++)
      expect(() => read(whole.slice(0, end)), whole.slice(0, end)).toThrow(refusal('FILE_TRUNCATED'))
  })

  it('is half-written when NUL bytes fill its end', () => {
    expect(() => read(`${inMenu(item).slice(0, 40)}${'\0'.repeat(99)}`)).toThrow(refusal('FILE_TRUNCATED'))
    expect(() => read(`${inMenu(item).slice(0, -1)}${'\0'.repeat(99)}`)).toThrow(refusal('FILE_TRUNCATED'))
  })

  it.each(['', ' \r\n\t', '\ufeff'])('is empty: %j', (text) => {
    expect(() => read(text)).toThrow(refusal('FILE_EMPTY'))
  })

  it('has rows with more keys than any export', () => {
    const keys = Array.from({ length: 600 }, (_, at) => `"key${at}":1`).join()
    expect(() => read(inMenu(`{${keys}}`))).toThrow(refusal('FILE_TOO_WIDE'))
  })
})

describe('rows of a JSON file', () => {
  it('keep numbers as they stand there', () => {
    const prices = ['0.1', '4.10', '1e2', '123456789012345678901234567890.12', '-0']
    const { header, lines } = read(inMenu(prices.map((price) => `{"guid":"i","name":"n","price":${price}}`).join()))
    expect(lines.slice(1).map((line) => line.trim().split(',')[header.indexOf('price')])).toEqual(prices)
  })

  it('begin after a byte order mark and between blanks', () => {
    expect(read(`\ufeff\r\n ${inMenu(item)} \n`).lines).toHaveLength(2)
  })

  it('tell where they stand', () => {
    const text = inMenu(`${item},\n ${item}`)
    const [, second] = read(text).places
    expect(second).toEqual({
      path: '[0].groups[0].items[1]',
      start: text.lastIndexOf('{'),
      end: text.lastIndexOf(item) + item.length,
    })
  })

  it('name keys that no column reads as new columns, once, and none that only looks like a known one', () => {
    const { header } = read(
      inMenu('{"guid":"i","Name":"n","__proto__":1," ":2,"tax":{"rate":1},"tax ":3,"zero\u200b":4}'),
    )
    expect(header).toEqual(['menu.guid', 'parent.guid', 'group.guid', 'guid', '__proto__', 'tax', 'zero\\u{200b}'])
  })

  it('keep half of a surrogate pair as its escape', () => {
    const { header, lines } = read(inMenu('{"guid":"i","name":"Taco \\ud83c"}'))
    expect(lines[1]?.trim().split(',')[header.indexOf('name')]).toBe('Taco \\ud83c')
  })

  it.each(['[]', '[{"groups":[]}]', '[{"groups":null},{}]', '[{"groups":[{"items":null,"subgroups":[]}]}]'])(
    'may be none: %s',
    (text) => {
      expect(read(text).lines).toHaveLength(1)
    },
  )

  it('are taken from lists inside lists of the same name, to any depth', () => {
    const deep = (level: number): string =>
      `{"name":"${level}","items":[{"guid":"i${level}","name":"n"}]${level < 9 ? `,"subgroups":[${deep(level + 1)}]` : ''}}`
    const { header, lines } = read(`[{"groups":[${deep(1)}]}]`)
    expect(lines).toHaveLength(10)
    expect(lines[9]?.split(',')[header.indexOf('group.name')]).toBe('1 > 2 > 3 > 4 > 5 > 6 > 7 > 8 > 9')
  })

  it('may be one empty field wide', () => {
    const columns = [{ name: 'guid', from: 'guid', type: 'string', description: 'An id.' }]
    const narrow = Contract.parse({ ...yamlWords(menu), columns, checks: [], rows: [{ list: 'items' }], key: ['guid'] })
    expect(read('{"items":[{"guid":null},{"guid":"a"}]}', narrow).lines).toEqual(['guid\n', '""\n', 'a\n'])
  })
})
