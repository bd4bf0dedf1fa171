import { lookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

// One list per family: a list of both takes an address of IPv4 for its form in IPv6.
const PRIVATE_IPV4 = new BlockList()
const PRIVATE_IPV6 = new BlockList()

for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  PRIVATE_IPV4.addSubnet(network, bits, 'ipv4')

// Besides what is private: forms that carry an IPv4 address, which would have to be looked at again.
for (const [network, bits] of [
  ['::', 96],
  ['::ffff:0:0', 96],
  ['64:ff9b::', 32],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 9],
  ['ff00::', 8],
] as const)
  PRIVATE_IPV6.addSubnet(network, bits, 'ipv6')

/** True for an address of the public internet, as a resolver gives it. Everything else is a machine near this one. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address)
  if (family === 4) return !PRIVATE_IPV4.check(address, 'ipv4')
  return family === 6 && !PRIVATE_IPV6.check(address, 'ipv6')
}

// Networks of a company: a receiver may stand there. Link-local addresses give the tokens of a machine in the cloud.
const OWN_IPV4 = new BlockList()
const OWN_IPV6 = new BlockList()
OWN_IPV4.addSubnet('10.0.0.0', 8, 'ipv4')
OWN_IPV4.addSubnet('100.64.0.0', 10, 'ipv4')
OWN_IPV4.addSubnet('172.16.0.0', 12, 'ipv4')
OWN_IPV4.addSubnet('192.168.0.0', 16, 'ipv4')
OWN_IPV6.addSubnet('fc00::', 7, 'ipv6')
// The server of metadata of Amazon has an address of its own in a private range.
const METADATA_IPV6 = 'fd00:ec2::254'

/** True for an address of a private network, but not for this machine, a neighbour on its link, or a server of metadata. */
export function isPrivateAddress(address: string): boolean {
  const family = isIP(address)
  if (family === 4) return OWN_IPV4.check(address, 'ipv4')
  return family === 6 && OWN_IPV6.check(address, 'ipv6') && !isSame(address, METADATA_IPV6)
}

/** True for an address of this machine. */
export function isLoopbackAddress(address: string): boolean {
  return isIP(address) === 4 ? address.startsWith('127.') : isIP(address) === 6 && isSame(address, '::1')
}

function isSame(a: string, b: string): boolean {
  const one = new BlockList()
  one.addAddress(b, 'ipv6')
  return one.check(a, 'ipv6')
}

/** A host without brackets if it is an address; null for a name. */
function addressIn(hostname: string): string | null {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1')
  return isIP(bare) === 0 ? null : bare
}

/** Which addresses a request may go to, and what is thrown for others. */
export interface Guard {
  readonly allows: (address: string) => boolean
  readonly refuse: () => Error
  /** Takes the place of the resolver of this machine, in tests. */
  readonly resolve?: typeof lookup | undefined
}

/** @throws what `refuse` gives for a host that is itself an address which is not allowed: no resolver is asked for it. */
export function expectAllowed(hostname: string, { allows, refuse }: Guard): void {
  const address = addressIn(hostname)
  if (address !== null && !allows(address)) throw refuse()
}

/**
 * Looks a name up as a connection would, and gives the connection an error when one of its addresses is not allowed. The connection
 * goes to the address that was looked at: no second answer of the resolver can slip in.
 */
export function guardedLookup({ allows, refuse, resolve = lookup }: Guard): LookupFunction {
  return (host, options, callback) => {
    resolve(host, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 0)
      const [first] = addresses
      if (!first || addresses.some(({ address }) => !allows(address))) return callback(refuse(), '', 0)
      if (options.all) return callback(null, addresses)
      return callback(null, first.address, first.family)
    })
  }
}
