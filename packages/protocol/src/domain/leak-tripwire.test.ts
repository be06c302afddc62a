import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hasLeaks, takeOutBiometrics } from './leak-tripwire.ts'

/** Synthetic records of the shape of the standards: header, version, length, then noise. */
const recordOf = (start: string, body: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(start, 'latin1'), Buffer.from('010\0', 'latin1'), Buffer.from(body)])

const starts = fc.constantFrom('FIR\0', 'FMR\0', 'IIR\0', 'FAC\0')
const noise = fc.uint8Array({ minLength: 40, maxLength: 3000 })
const surroundings = fc.stringMatching(/^[a-z ,.]{0,40}$/)

const images: readonly (readonly [string, readonly number[]])[] = [
  ['JPEG 2000', [0, 0, 0, 0x0c, 0x6a, 0x50, 0x20, 0x20]],
  ['a JPEG 2000 codestream', [0xff, 0x4f, 0xff, 0x51]],
  ['WSQ', [0xff, 0xa0, 0xff, 0xa8]],
  ['PNG', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a]],
  ['JPEG', [0xff, 0xd8, 0xff, 0xe0]],
]

describe('the tripwire', () => {
  it('takes a record out of any text, in whatever encoding it stands there', () => {
    fc.assert(
      fc.property(
        starts,
        noise,
        surroundings,
        surroundings,
        fc.constantFrom('base64', 'base64url', 'hex'),
        (start, body, before, after, encoding) => {
          const encoded = recordOf(start, body).toString(encoding as BufferEncoding)
          const { text, leaks } = takeOutBiometrics(`${before} ${encoded} ${after}`)
          expect(leaks['biometric-record']).toBe(1)
          expect(text).not.toContain(encoded.slice(0, 24))
          expect(text).not.toContain(encoded.slice(-24))
        },
      ),
    )
  })

  it('takes raw bytes of a record out of a line', () => {
    const raw = recordOf('FMR\0', Buffer.alloc(200, 7)).toString('latin1')
    const { text, leaks } = takeOutBiometrics(`before ${raw}\nnext line`)
    expect(leaks).toEqual({ 'biometric-record': 1 })
    expect(text).toBe('before [removed: biometric-record]\nnext line')
  })

  it.each(images)('takes %s out', (_name, start) => {
    const encoded = Buffer.concat([Buffer.from(start), Buffer.alloc(120, 0x41)]).toString('base64')
    const { text, leaks } = takeOutBiometrics(`picture=${encoded};`)
    expect(leaks).toEqual({ image: 1 })
    expect(text).not.toContain(encoded.slice(8, 40))
  })

  it('takes the members of a capture response out, short as they may be', () => {
    const capture = { biometrics: [{ specVersion: '0.9.5', data: 'x', hash: 'y' }] }
    const { text, leaks } = takeOutBiometrics(`got ${JSON.stringify(capture)} from port 4501`)
    expect(leaks['capture-member']).toBeGreaterThan(0)
    expect(text).not.toContain('specVersion')
    expect(takeOutBiometrics('bioValue: "AAAA"').text).not.toContain('AAAA')
  })

  it('takes out any encoded bytes that are longer than a key', () => {
    const long = Buffer.alloc(2000, 0x5a).toString('base64')
    expect(takeOutBiometrics(long).leaks).toEqual({ 'encoded-bytes': 1 })
  })

  it('takes XML of CBEFF out', () => {
    const { text } = takeOutBiometrics('<BIR><BDB>QUJD</BDB></BIR> rest')
    expect(text).toBe('[removed: biometric-record] rest')
  })

  it('takes a record of ISO/IEC 39794 out, and leaves an identifier that begins like one', () => {
    const record = Buffer.concat([Buffer.from([0x65, 0x82, 0x01, 0x40]), Buffer.alloc(320, 0x5a)])
    for (const encoding of ['base64', 'hex'] as const)
      expect(takeOutBiometrics(record.toString(encoding)).leaks).toEqual({ 'biometric-record': 1 })
    const keyId = record.subarray(0, 32).toString('base64url')
    expect(takeOutBiometrics(`keyId=${keyId}`).leaks).toEqual({})
  })

  it('leaves what a management client writes as it is', () => {
    const lines = [
      '{"level":30,"time":"2026-11-24T10:00:00.000Z","device":"A1","progress":"registered","keyId":"3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}',
      'thumbprint 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      'the data folder is /var/lib/sanad-client, hash mismatch in state file',
      'message refused: request.not-authentic (HTTP 401) after 3 attempts, retry in 250 ms',
    ]
    for (const line of lines) {
      const inspected = takeOutBiometrics(line)
      expect(inspected.text).toBe(line)
      expect(hasLeaks(inspected)).toBe(false)
    }
  })

  it('changes nothing when the tripwire runs twice', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 2000 }), (text) => {
        const once = takeOutBiometrics(text).text
        expect(takeOutBiometrics(once).text).toBe(once)
      }),
    )
  })
})
