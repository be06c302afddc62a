import type { OpenRequest } from '../agent-protocol.ts'
import { readKeys } from './key-objects.ts'
import { pkcs11 } from './pkcs11.ts'
import { openSession } from './sessions.ts'
import { openToken } from './token.ts'

/**
 * A short-lived child for benchmarks: how often a second this token signs when nothing stands between the
 * caller and the library, so that the agent’s rate has something to be compared with.
 */

export interface RawRateRequest extends OpenRequest {
  readonly keyId: string
  readonly milliseconds: number
}

export interface RawRate {
  readonly perSecond: number
  readonly processorMsPerSignature: number
}

/** RFC 8017 §9.2: a DigestInfo; what was hashed does not matter for the time. */
const DIGEST_INFO = Buffer.concat([
  Buffer.from('3031300d060960864801650304020105000420', 'hex'),
  Buffer.alloc(32, 0x33),
])

async function measure(request: RawRateRequest): Promise<RawRate> {
  const token = openToken(request)
  const { module, slot, loginSession } = token
  const held = readKeys(module, loginSession).keys.find(({ key }) => key.id === request.keyId)
  if (held === undefined) throw new Error('the token does not hold the key')
  let signatures = 0
  const started = performance.now()
  const processor = process.cpuUsage()
  const signInOneSession = async (): Promise<void> => {
    const session = openSession(module, slot)
    while (performance.now() - started < request.milliseconds) {
      module.C_SignInit(session, { mechanism: pkcs11.CKM_RSA_PKCS }, held.handle)
      await module.C_SignAsync(session, DIGEST_INFO, Buffer.alloc(held.key.modulusBits / 8))
      signatures++
    }
  }
  await Promise.all(Array.from({ length: request.sessions }, signInOneSession))
  const { user, system } = process.cpuUsage(processor)
  return {
    perSecond: signatures / ((performance.now() - started) / 1000),
    processorMsPerSignature: (user + system) / 1000 / signatures,
  }
}

process.once('message', (request: RawRateRequest) => {
  void measure(request).then((rate) => process.send?.(rate, () => process.exit(0)))
})
