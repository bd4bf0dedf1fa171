import { describe, expect, it } from 'vitest'
import { describeBeside } from '../../../functions/pipeline/steps/beside.ts'

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
    'Order_Details.csv',
    ' OrderDetails.csv',
    'OrderDetails .csv',
    'OrderDetails',
  ])('is named: %j', (name) => {
    expect(describeBeside('OrderDetails.csv', ['PaymentDetails.csv', name])).toContain(JSON.stringify(name))
  })

  it('shows what cannot be seen', () => {
    expect(describeBeside('OrderDetails.csv', ['\ufeffOrderDetails.csv'])).toContain('"\\ufeffOrderDetails.csv"')
    expect(describeBeside('OrderDetails.csv', ['OrderDetails.csv\u00a0'])).toContain('"OrderDetails.csv\\u00a0"')
  })

  it('is not another file', () => {
    const others = ['PaymentDetails.csv', 'OrderDetails2.csv', 'ItemSelectionDetails.csv', 'AccountingReport.xls']
    expect(describeBeside('OrderDetails.csv', others)).toBe('')
  })

  it('is named in few words, however many there are', () => {
    const names = Array.from({ length: 9 }, (_, n) => `OrderDetails (${n}).csv`)
    expect(describeBeside('OrderDetails.csv', names)).toContain(' and 6 more')
  })
})
