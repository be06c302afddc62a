import type { DeviceInformation } from '@sanad/protocol/wire/messages/device-information'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inspectFacts } from './inspect-facts.ts'
import { inspectInformation } from './inspect-information.ts'
import { leaksOfText } from '../platform/leaks-of-text.ts'

const plain: DeviceInformation = {
  deviceStatus: 'Ready',
  certification: 'L1',
  firmware: '1.18',
  serviceVersion: '2.4.1',
  specVersions: ['0.9.5', '1.0.0'],
  purpose: 'Registration',
  env: 'Production',
  clientVersion: '0.1.0',
  operatingSystem: 'debian 12',
}
const FREE = ['firmware', 'serviceVersion', 'purpose', 'env', 'clientVersion', 'operatingSystem']

/** Records as they fit into a field of 32 to 64 characters. */
const leaks = fc
  .tuple(
    fc.constantFrom('FIR\0', 'FMR\0', 'IIR\0', 'FAC\0'),
    fc.uint8Array({ minLength: 10, maxLength: 19 }),
    fc.constantFrom('base64' as const, 'base64url' as const),
  )
  .map(([start, body, encoding]) =>
    Buffer.concat([Buffer.from(start, 'latin1'), Buffer.from(body)]).toString(encoding),
  )

describe('what a device says of itself', () => {
  it('leaves device information as it is when nothing looks like biometric data', () => {
    expect(inspectInformation(plain).information).toBe(plain)
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9.]{0,12}(-[a-z0-9]{1,8})?$/), (serviceVersion) => {
        const told = { ...plain, serviceVersion }
        expect(inspectInformation(told)).toEqual({ information: told, leaks: new Map() })
      }),
    )
  })

  it('removes every text with a biometric record in it, and nothing else', () => {
    fc.assert(
      fc.property(leaks, fc.subarray(FREE, { minLength: 1 }), (leak, names) => {
        const told = { ...plain, ...Object.fromEntries(names.map((name) => [name, leak])) }
        const { information, leaks: found } = inspectInformation(told)
        expect(information).toEqual({
          ...plain,
          ...Object.fromEntries(names.map((name) => [name, ''])),
        })
        expect([...found.values()].reduce((sum, count) => sum + count, 0)).toBe(names.length)
      }),
    )
  })

  it('removes only the entries of a list that hold a biometric record', () => {
    fc.assert(
      fc.property(leaks, (leak) => {
        const told = { ...plain, specVersions: ['0.9.5', leak, '1.0.0'] }
        const { information } = inspectInformation(told)
        expect(information).toEqual(plain)
      }),
    )
  })

  it('judges a text the same the second time', () => {
    fc.assert(
      fc.property(leaks, fc.stringMatching(/^[a-z ]{0,10}$/), (leak, before) => {
        const text = `${before} ${leak}`
        const first = leaksOfText(text)
        expect(first.length).toBeGreaterThan(0)
        expect(leaksOfText(text)).toEqual(first)
        expect(inspectFacts({ firmware: text, kernel: '6.1' }).facts).toEqual({ kernel: '6.1' })
      }),
    )
  })

  it('judges a text the same after it was forgotten', () => {
    const leak = Buffer.from('FMR\0 20\0 0000000000').toString('base64')
    for (let at = 0; at < 10_000; at++) expect(leaksOfText(`version ${at}`)).toEqual([])
    expect(leaksOfText(leak)).toEqual([['biometric-record', 1]])
    expect(leaksOfText('version 1')).toEqual([])
  })
})
