import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Reach } from '../../../functions/adapters/openlineage/ask-receiver.ts'
import { openHttpLineage } from '../../../functions/adapters/openlineage/lineage.ts'
import { probeReceiver } from '../../../functions/adapters/openlineage/probe.ts'
import { cloudChecks } from '../../../functions/compose/doctor/cloud.ts'
import type { Project } from '../../../functions/config/project.ts'
import { isLoopbackAddress, isPrivateAddress, isPublicAddress } from '../../../functions/lib/network-address.ts'

describe('an address', () => {
  it.each<readonly [string, 'public' | 'private' | 'loopback' | 'none']>([
    ['93.184.216.34', 'public'],
    ['2606:2800:220:1:248:1893:25c8:1946', 'public'],
    ['10.1.2.3', 'private'],
    ['100.64.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.1.1', 'private'],
    ['fd12:3456::1', 'private'],
    ['127.0.0.1', 'loopback'],
    ['127.8.8.8', 'loopback'],
    ['::1', 'loopback'],
    ['169.254.169.254', 'none'],
    ['fd00:ec2::254', 'none'],
    ['fd00:0ec2:0::254', 'none'],
    ['fe80::1', 'none'],
    ['::ffff:10.0.0.1', 'none'],
    ['0.0.0.0', 'none'],
    ['::', 'none'],
    ['224.0.0.1', 'none'],
    ['255.255.255.255', 'none'],
    ['not an address', 'none'],
  ])('%s is of the kind %s', (address, kind) => {
    const found = [
      isPublicAddress(address) ? 'public' : [],
      isPrivateAddress(address) ? 'private' : [],
      isLoopbackAddress(address) ? 'loopback' : [],
    ].flat()
    expect(found).toEqual(kind === 'none' ? [] : [kind])
  })
})

// Nothing listens at a port of 9: an address that is allowed is tried, and gives no connection.
describe('a receiver of run events', () => {
  it.each<readonly [string, Reach, string]>([
    ['http://127.0.0.1:9/', 'this_machine', 'CATALOG_UNREACHABLE'],
    ['http://localhost:9/', 'this_machine', 'CATALOG_UNREACHABLE'],
    ['http://127.0.0.1:9/', 'private', 'CATALOG_REFUSED'],
    ['http://localhost:9/', 'public', 'CATALOG_REFUSED'],
    ['http://[::1]:9/', 'private', 'CATALOG_REFUSED'],
    ['http://10.0.0.1:9/', 'public', 'CATALOG_REFUSED'],
    ['http://169.254.169.254:9/', 'public', 'CATALOG_REFUSED'],
    ['http://169.254.169.254:9/', 'private', 'CATALOG_REFUSED'],
    ['http://169.254.169.254:9/', 'this_machine', 'CATALOG_REFUSED'],
    ['http://2852039166:9/', 'this_machine', 'CATALOG_REFUSED'],
    ['https://[fd00:ec2::254]:9/', 'private', 'CATALOG_REFUSED'],
    ['http://0x7f.1:9/', 'public', 'CATALOG_REFUSED'],
  ])('at %s with the reach %s ends with %s', async (url, reach, code) => {
    const { send } = openHttpLineage({ url, reach, token: null, timeout: 2_000 })
    await expect(send({} as never)).rejects.toMatchObject({ code })
    await expect(probeReceiver({ url, reach, timeout: 2_000 })).rejects.toMatchObject({ code })
  })

  it('is asked by doctor only where an event may be sent to it', async () => {
    const asked: string[] = []
    const server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`)
      response.writeHead(405).end()
    })
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const url = `http://localhost:${(server.address() as AddressInfo).port}/api/v1/lineage`
    const examine = async (auth: { readonly kind: string }) => {
      const environment = { auth, lineage: { http: { url } }, objects: {}, sources: {}, queue: {}, warehouse: {} }
      const project = { environment, pipelines: new Map(), connections: {} } as unknown as Project
      return await cloudChecks(project, Date.now)['receiver of lineage']?.()
    }
    expect(await examine({ kind: 'iap' })).toMatchObject({
      state: 'fail',
      message: expect.stringContaining('is not on the public internet'),
    })
    expect(asked).toEqual([])
    expect(await examine({ kind: 'loopback' })).toMatchObject({
      state: 'pass',
      message: expect.stringContaining('405'),
    })
    expect(asked).toEqual(['HEAD /api/v1/lineage'])
  })
})
