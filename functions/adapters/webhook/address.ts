import { BlockList, isIP } from 'node:net'

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
