import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HsmConfig } from '../src/hsm/hsm-config.ts'
import { Pkcs11Hsm } from '../src/hsm/pkcs11-hsm.ts'
import { initialiseNssToken, initialiseSoftHsmToken } from '../src/hsm/software-token.ts'

export interface TestHsm extends AsyncDisposable {
  readonly hsm: Pkcs11Hsm
  readonly config: HsmConfig
  readonly directory: string
}

export interface TestHsmOptions {
  readonly token?: 'softhsm' | 'nss'
  readonly config?: Partial<HsmConfig>
}

/**
 * A real token in a folder of its own, gone at the end of the scope. Making RSA keys is what takes time:
 * ask for `{ modulusBits: 2048 }` unless the size matters.
 */
export async function startTestHsm({
  token = 'softhsm',
  config,
}: TestHsmOptions = {}): Promise<TestHsm> {
  const directory = await mkdtemp(join(tmpdir(), 'sanad-hsm-'))
  const initialise = token === 'nss' ? initialiseNssToken : initialiseSoftHsmToken
  const made: HsmConfig = { ...(await initialise({ directory, label: 'sanad-test' })), ...config }
  const hsm = await Pkcs11Hsm.open(made)
  return {
    hsm,
    config: made,
    directory,
    async [Symbol.asyncDispose]() {
      await hsm.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
