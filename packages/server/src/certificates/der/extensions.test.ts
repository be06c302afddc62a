import { describe, expect, it } from 'vitest'
import { makeSerialNumber } from './certificate-structure.ts'
import { encodeAddress } from './extensions.ts'

describe('an address in a certificate', () => {
  it.each([
    ['127.0.0.1', '7f000001'],
    ['::1', `${'00'.repeat(15)}01`],
    ['::', '00'.repeat(16)],
    ['2001:db8::8a2e:370:7334', '20010db80000000000008a2e03707334'],
    ['fe80::', `fe80${'00'.repeat(14)}`],
    ['::ffff:192.0.2.1', `${'00'.repeat(10)}ffffc0000201`],
  ])('%s', (address, hex) => {
    expect(Buffer.from(encodeAddress(address)).toString('hex')).toBe(hex)
  })
})

describe('a serial number', () => {
  it('is positive and of 16 octets whatever is drawn', () => {
    const draws = [Buffer.alloc(16, 0), Buffer.alloc(16, 0x80), Buffer.alloc(16, 0xff)]
    const serial = makeSerialNumber(() => draws.shift() ?? Buffer.alloc(0))
    expect(Buffer.from(serial).toString('hex')).toBe(`7f${'ff'.repeat(15)}`)
    expect(draws).toEqual([])
  })
})
