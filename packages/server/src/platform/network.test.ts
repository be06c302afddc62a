import { describe, expect, it } from 'vitest'
import { networkOf } from './network.ts'

describe('networkOf', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:c000:207', '192.0.2.7'],
    ['0:0:0:0:0:ffff:192.0.2.7', '192.0.2.7'],
    ['64:ff9b::192.0.2.7', '192.0.2.7'],
  ])('counts %s as the IPv4 address that it is', (address, network) => {
    expect(networkOf(address)).toBe(network)
  })

  it.each([
    '2001:db8:0:1::',
    '2001:db8:0:1::7',
    '2001:db8:0:1:ffff:ffff:ffff:ffff',
    '2001:0DB8:0000:0001:0:0:0:1',
    '2001:db8:0:1:0:ffff:192.0.2.7',
    '2001:db8:0:1::7%eth0',
  ])('counts %s as its network of 64 bits', (address) => {
    expect(networkOf(address)).toBe('2001:db8:0:1')
  })

  it('keeps networks apart that differ in the 64th bit', () => {
    expect(networkOf('2001:db8:0:1::1')).not.toBe(networkOf('2001:db8:0:0::1'))
    expect(networkOf('::1')).toBe('0:0:0:0')
  })

  it.each(['', 'unix', '1::2::3', '1:2:3', '2001:db8::g', '::192.0.2'])(
    'leaves %j, which is no address, as it is',
    (text) => {
      expect(networkOf(text)).toBe(text)
    },
  )
})
