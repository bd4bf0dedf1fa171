import { execFileSync } from 'node:child_process'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { ZipFile } from 'yazl'
import { DAY, type Home, NOW, newHome, ORDERS, orders } from '../support/drills/home.ts'

// 05:30 in New York: the files are due, and none is late.
const EARLY = Date.parse('2099-03-03T10:30:00Z')

let home: Home
afterEach(() => home.close())

const printedBy = async (line: string) => (await home.run(line)).stdout

describe('what lies in the place of a file', () => {
  it.each([
    ['a folder', (path: string) => mkdir(path), ORDERS, 'the folder "Orders.csv"'],
    ['a link', (path: string) => symlink('Payments.csv', path), ORDERS, 'the symbolic link "Orders.csv"'],
    ['a link to nothing', (path: string) => symlink('nowhere', path), ORDERS, 'the symbolic link "Orders.csv"'],
    ['a pipe', (path: string) => execFileSync('mkfifo', [path]), ORDERS, 'the pipe, socket or device "Orders.csv"'],
    ['another case', (path: string) => writeFile(path, orders()), `${DAY}/orders.CSV`, '"orders.CSV"'],
    ['a blank at its end', (path: string) => writeFile(path, orders()), `${ORDERS} `, '"Orders.csv "'],
    [
      'a tab at its end',
      (path: string) => writeFile(path, orders()),
      `${ORDERS}\t`,
      'the unusable name "Orders.csv\\t"',
    ],
    ['wide letters', (path: string) => writeFile(path, orders()), `${DAY}/Ｏrders.csv`, '"Ｏrders.csv"'],
  ])('is named by plan, run and status: %s', async (_, make, name, shown) => {
    home = await newHome(EARLY)
    await home.remove(ORDERS)
    await make(home.path(name))
    const found = `the folder has ${shown}, which is not the file "Orders.csv" and is not read`
    for (const command of ['plan', 'run', 'status'])
      expect(await printedBy(`daybreak ${command} toast`)).toContain(found)
    const [day] = JSON.parse(await printedBy('daybreak status -o json'))
    expect(day).toMatchObject({ orders: 'expected', found: `orders: ${found}` })
  })

  it('is named by the incident of a file that is missing, until the file is there', async () => {
    home = await newHome(NOW)
    await home.remove(ORDERS)
    await mkdir(home.path(ORDERS))
    expect(await printedBy('daybreak run toast')).toContain('the folder "Orders.csv"')
    expect(await printedBy('daybreak status')).toContain('the folder "Orders.csv"')
    const incidents = async () => JSON.parse(await printedBy('daybreak incidents list -o json'))
    expect(await incidents()).toMatchObject([
      { code: 'INCOMPLETE', message: expect.stringContaining('the folder has the folder "Orders.csv"') },
    ])
    await home.remove(ORDERS)
    await home.write(ORDERS, orders())
    expect(await printedBy('daybreak run toast')).toContain('succeeded')
    expect(await incidents()).toEqual([])
    expect(await printedBy('daybreak status')).not.toContain('"Orders.csv"')
  })
})

describe('the first rows of a dry run', () => {
  const zipped = async () => {
    const zip = new ZipFile()
    zip.addBuffer(Buffer.from(orders()), 'export/Orders.csv')
    zip.end()
    return Buffer.concat(await Array.fromAsync(zip.outputStream as AsyncIterable<Buffer>))
  }

  it.each([
    ['Orders.csv', async () => Buffer.from(orders())],
    ['Orders.csv.gz', async () => gzipSync(orders())],
    ['Orders.csv', async () => gzipSync(orders())],
    ['Orders.zip', zipped],
  ])('are those of the file, packed or not: %s', async (name, pack) => {
    home = await newHome(NOW)
    await home.remove(ORDERS)
    await home.write(`${DAY}/${name}`, await pack())
    const { code, stdout } = await home.run('daybreak run toast --dry-run')
    expect(code).toBe(0)
    expect(stdout).toContain('orders, location 1001, 2099-03-02: the first of 60 rows')
    expect(stdout).toContain('9000000000000001')
  })
})
