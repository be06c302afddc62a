import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HsmConfig } from '../src/hsm/hsm-config.ts'
import { Pkcs11Hsm } from '../src/hsm/pkcs11-hsm.ts'
import { initialiseNssToken, initialiseSoftHsmToken } from '../src/hsm/software-token.ts'

export type TestToken = 'softhsm' | 'nss' | 'given'

/** SANAD_TEST_HSM names a JSON file with the configuration of an empty scratch token, of a real HSM say. */
const GIVEN = process.env['SANAD_TEST_HSM']

export const TEST_TOKENS: readonly TestToken[] = [
  'softhsm',
  'nss',
  ...(GIVEN === undefined ? [] : (['given'] as const)),
]

export interface TestHsm extends AsyncDisposable {
  readonly hsm: Pkcs11Hsm
  readonly config: HsmConfig
  readonly directory: string
}

export interface TestHsmOptions {
  readonly token?: TestToken
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
  const made = await makeTestToken(token)
  const hsmConfig: HsmConfig = { ...made.config, ...config }
  const hsm = await Pkcs11Hsm.open(hsmConfig)
  return {
    hsm,
    config: hsmConfig,
    directory: made.directory,
    async [Symbol.asyncDispose]() {
      await hsm.close()
      await made[Symbol.asyncDispose]()
    },
  }
}

/** The token without an agent that holds it. */
export async function makeTestToken(token: TestToken = 'softhsm'): Promise<Omit<TestHsm, 'hsm'>> {
  const directory = await mkdtemp(join(tmpdir(), 'sanad-hsm-'))
  return {
    config: await makeToken(token, directory),
    directory,
    async [Symbol.asyncDispose]() {
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function makeToken(token: TestToken, directory: string): Promise<HsmConfig> {
  const options = { directory, label: 'sanad-test' }
  switch (token) {
    case 'softhsm':
      return initialiseSoftHsmToken(options)
    case 'nss':
      return initialiseNssToken(options)
    case 'given':
      return JSON.parse(await readFile(GIVEN ?? '', 'utf8')) as HsmConfig
  }
}
