import fc from 'fast-check'
import { addressesFor, isReachable, parseIPv4 } from './subnet.ts'

const eth0 = [{ address: '10.1.0.5', prefixLength: 24 }]
const two = [...eth0, { address: '192.168.7.9', prefixLength: 30 }]

it.each([
  ['10.1.0.5', eth0, true],
  ['10.1.0.77', eth0, true],
  ['10.1.0.0', eth0, false],
  ['10.1.0.255', eth0, false],
  ['10.1.1.5', eth0, false],
  ['127.0.0.1', eth0, false],
  ['192.168.7.10', two, true],
  ['192.168.7.13', two, false],
  ['0.0.0.0', eth0, false],
  ['::1', eth0, false],
  ['10.1.0', eth0, false],
  ['10.1.0.500', eth0, false],
  ['10.9.9.9', [{ address: '10.9.9.9', prefixLength: 32 }], true],
  ['10.9.9.8', [{ address: '10.9.9.9', prefixLength: 31 }], true],
])('whether clients of an interface reach %s', (address, own, expected) => {
  expect(isReachable(address, own)).toBe(expected)
})

it('only addresses that are reachable are told, or the own ones of a server that is found anywhere', () => {
  expect(addressesFor(two, 'anywhere')).toEqual(['10.1.0.5', '192.168.7.9'])
  expect(addressesFor(two, ['10.2.0.1', '10.1.0.6'])).toEqual(['10.1.0.6'])
  expect(addressesFor([], 'anywhere')).toEqual([])
})

it('an address of another network is never reachable', () => {
  const ip = fc.ipV4()
  fc.assert(
    fc.property(ip, ip, fc.integer({ min: 1, max: 32 }), (wanted, address, prefixLength) => {
      const shift = 2 ** (32 - prefixLength)
      const isSameNetwork = Math.floor(parseIPv4(wanted)! / shift) === Math.floor(parseIPv4(address)! / shift)
      if (isReachable(wanted, [{ address, prefixLength }])) expect(isSameNetwork).toBe(true)
    }),
  )
})
