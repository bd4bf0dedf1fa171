import { describe, expect, it } from 'vitest'
import { lookBeside, type Unread } from '../../../functions/pipeline/steps/list-day.ts'

const WANTED = 'OrderDetails.csv'
const asFile = (name: string): Unread => ({ name, kind: 'file' })
const beside = (names: readonly string[], file = WANTED) => lookBeside(names.map(asFile))(file)

describe('what lies in the place of an absent file', () => {
  it.each([
    'orderdetails.csv',
    'ORDERDETAILS.CSV',
    'OrderDetails.csv.gz',
    'OrderDetails.zip',
    'OrderDetails (1).csv',
    'OrderDetails - Copy.csv',
    'Copy of OrderDetails.csv',
    'OrderDetails.csv.filepart',
    'OrderDetails.csv.txt',
    'OrderDetails.csv.lnk',
    'OrderDetails.xlsx',
    'Order_Details.csv',
    ' OrderDetails.csv',
    'OrderDetails.csv ',
    'OrderDetails.csv.',
    'OrderDetails.csv. .',
    'OrderDetails .csv',
    'ＯrderDetails.csv',
    'OrderDetails',
  ])('is named: %j', (name) => {
    expect(beside(['PaymentDetails.csv', name])).toContain(JSON.stringify(name))
  })

  it.each([
    ['\ufeffOrderDetails.csv', '"\\u{feff}OrderDetails.csv"'],
    ['OrderDetails.csv\u00a0', '"OrderDetails.csv\\u{a0}"'],
    ['Order\u00adDetails.csv', '"Order\\u{ad}Details.csv"'],
    ['OrderDetails.csv\t', '"OrderDetails.csv\\t"'],
    ['OrderDetails.csv\ufffd', '"OrderDetails.csv\ufffd"'],
  ])('shows what cannot be seen: %j', (name, shown) => {
    expect(lookBeside([{ name, kind: 'unusable' }])(WANTED)).toContain(`the unusable name ${shown}`)
  })

  it.each([
    [
      'folder',
      'the folder has the folder "OrderDetails.csv", which is not the file "OrderDetails.csv" and is not read',
    ],
    ['link', 'the symbolic link "OrderDetails.csv"'],
    ['special', 'the pipe, socket or device "OrderDetails.csv"'],
  ] as const)('is named by its kind: %s', (kind, words) => {
    expect(lookBeside([{ name: WANTED, kind }])(WANTED)).toContain(words)
  })

  it('is found for a file whose name differs from location to location', () => {
    const entries: readonly Unread[] = [
      { name: 'MenuExport_185001.json', kind: 'folder' },
      asFile('menuexport_185001.JSON'),
      asFile('PaymentDetails.csv'),
    ]
    expect(lookBeside(entries)('MenuExport_*.json')).toMatch(
      /^the folder has the folder "MenuExport_185001.json", "menuexport_185001.JSON", which are not/,
    )
  })

  it('is not another file', () => {
    expect(
      beside(['PaymentDetails.csv', 'OrderDetails2.csv', 'ItemSelectionDetails.csv', 'AccountingReport.xls']),
    ).toBe('')
  })

  it('is named in few words, however many there are', () => {
    expect(beside(Array.from({ length: 9 }, (_, n) => `OrderDetails (${n}).csv`))).toContain(' and 6 more')
  })
})
