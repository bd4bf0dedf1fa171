export { isPublicAddress } from '../../lib/network-address.ts'
