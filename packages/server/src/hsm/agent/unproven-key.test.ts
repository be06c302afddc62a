import { readFile } from 'node:fs/promises'
import { encodeSigningInput } from '@sanad/protocol/wire/envelope/compact'
import { describe, expect, it } from 'vitest'
import { startTestHsm } from '../../../test/test-hsm.ts'
import type { HsmConfig } from '../hsm-config.ts'
import { Pkcs11Hsm } from '../pkcs11-hsm.ts'
import { pkcs11 } from './pkcs11.ts'
import { loadLibrary } from './library.ts'
import { openWritingSession } from './sessions.ts'
import { findSlot } from './slots.ts'

/** What somebody could do who holds the PIN and another PKCS#11 tool. */
async function plantExtractableKey(config: HsmConfig, label: string): Promise<void> {
  Object.assign(process.env, config.environment)
  const { module } = loadLibrary(config.module)
  const session = openWritingSession(module, findSlot(module, config))
  module.C_Login(session, pkcs11.CKU_USER, (await readFile(config.pinFile, 'utf8')).trim())
  const marks = [
    { type: pkcs11.CKA_TOKEN, value: true },
    { type: pkcs11.CKA_LABEL, value: label },
  ]
  module.C_GenerateKeyPair(
    session,
    { mechanism: pkcs11.CKM_RSA_PKCS_KEY_PAIR_GEN },
    [
      ...marks,
      { type: pkcs11.CKA_MODULUS_BITS, value: 2048 },
      { type: pkcs11.CKA_PUBLIC_EXPONENT, value: Buffer.from([1, 0, 1]) },
    ],
    [
      ...marks,
      { type: pkcs11.CKA_PRIVATE, value: true },
      { type: pkcs11.CKA_SENSITIVE, value: false },
      { type: pkcs11.CKA_EXTRACTABLE, value: true },
      { type: pkcs11.CKA_SIGN, value: true },
    ],
  )
  module.C_Finalize()
}

describe('a key with our label that can leave the token', () => {
  it('detects a key with our label that can leave the token, and signs nothing with it', async () => {
    await using made = await startTestHsm()
    await made.hsm.close()
    await plantExtractableKey(made.config, 'sanad.command.1')
    const hsm = await Pkcs11Hsm.open(made.config)
    try {
      const [proof] = await hsm.proveKeys()
      expect(proof).toMatchObject({ label: 'sanad.command.1', holds: false, knownGaps: [] })
      const failures = proof!.failures.join('\n')
      expect(failures).toMatch(/CKA_EXTRACTABLE is not false/)
      expect(failures).toMatch(/CKA_SENSITIVE is not true/)
      // The attempts are real ones: on this key they succeed.
      expect(failures).toMatch(/C_GetAttributeValue CKA_PRIVATE_EXPONENT was not refused/)
      expect(failures).toMatch(/C_WrapKey CKM_AES_KEY_WRAP_PAD was not refused/)

      const order = encodeSigningInput({ alg: 'RS256', typ: 'sanad-command+jws' }, { v: 1 })
      await expect(hsm.signCommand(proof!.keyId, order)).rejects.toMatchObject({
        code: 'hsm.key-not-proven',
      })
    } finally {
      await hsm.close()
    }
  })

  it('ignores keys under other labels', async () => {
    await using made = await startTestHsm()
    await made.hsm.close()
    await plantExtractableKey(made.config, 'mail.signing')
    const hsm = await Pkcs11Hsm.open(made.config)
    expect(await hsm.listKeys()).toEqual([])
    await hsm.close()
  })
})
