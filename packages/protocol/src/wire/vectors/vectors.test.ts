import { execFileSync } from 'node:child_process'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compactDecrypt, compactVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { parseCompactJws } from '../envelope/compact.ts'
import { describeAgreementKey } from '../envelope/encryption.ts'
import { receiveRequest, verifyRequest } from '../envelope/request.ts'
import vectors from './envelope.json' with { type: 'json' }

const privateKey = createPrivateKey({ key: vectors.serverPrivateKey, format: 'jwk' })
const server = { privateKey, public: describeAgreementKey(createPublicKey(privateKey)) }
const key = createPublicKey(vectors.devicePublicKey)
const open = (text: string) =>
  verifyRequest(
    receiveRequest(text, () => server),
    { key, audience: vectors.audience, now: Date.parse(vectors.at), window: 1000 },
  )

describe('the published test vectors', () => {
  it('reads the published vectors', () => {
    const { envelope, type } = open(vectors.accepted.message)
    expect({ mid: envelope.mid, seq: envelope.seq, type }).toEqual({
      mid: vectors.accepted.mid,
      seq: vectors.accepted.seq,
      type: vectors.accepted.type,
    })
    expect(envelope.sub).toBe(vectors.subject)
  })

  it('has jose read the published vectors', async () => {
    const { plaintext } = await compactDecrypt(vectors.accepted.message, privateKey)
    const { payload } = await compactVerify(new TextDecoder().decode(plaintext), key)
    expect(JSON.parse(new TextDecoder().decode(payload))).toMatchObject({
      mid: vectors.accepted.mid,
      sub: vectors.subject,
    })
  })

  it('has OpenSSL verify the signatures of the published vectors', async () => {
    const { plaintext } = await compactDecrypt(vectors.accepted.message, privateKey)
    const { signingInput, signature } = parseCompactJws(new TextDecoder().decode(plaintext))
    const folder = mkdtempSync(join(tmpdir(), 'sanad-vector-'))
    const path = (name: string) => join(folder, name)
    writeFileSync(path('key.pem'), vectors.devicePublicKey)
    writeFileSync(path('signature'), signature)
    writeFileSync(path('input'), signingInput)
    const said = execFileSync(
      'openssl',
      [
        'dgst',
        '-sha256',
        '-verify',
        path('key.pem'),
        '-signature',
        path('signature'),
        path('input'),
      ],
      { encoding: 'utf8' },
    )
    rmSync(folder, { recursive: true })
    expect(said).toContain('Verified OK')
  })
})
