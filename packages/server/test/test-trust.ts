import { mkdtemp, rm, writeFile, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StandInCountry } from '../../simulator/src/country/stand-in-country.ts'
import type { CeremonyPlan } from '../src/ceremony/ceremony-plan.ts'
import { Ceremony } from '../src/ceremony/ceremony.ts'
import { ResponseKeys } from '../src/certificates/response-keys.ts'
import { type ManagementRoot, loadManagementRoot } from '../src/certificates/management-root.ts'
import { type TlsKey, TlsKeys } from '../src/certificates/tls-keys.ts'
import type { HsmConfig } from '../src/hsm/hsm-config.ts'
import type { Pkcs11Hsm } from '../src/hsm/pkcs11-hsm.ts'
import type { Clock } from '../src/platform/clock.ts'
import type { Database } from '../src/platform/database.ts'
import { startTestHsm } from './test-hsm.ts'

/** The keys of a server: made in a real token by the real ceremony, certified by a country that stands in. */
export interface TestTrust extends AsyncDisposable {
  readonly hsm: Pkcs11Hsm
  readonly hsmConfig: HsmConfig
  readonly root: ManagementRoot
  readonly rootPem: string
  readonly responseKeys: ResponseKeys
  readonly tls: TlsKey
  /** A folder that is gone at the end. */
  readonly directory: string
}

export const ORGANISATION = 'Example Biometrics'

export async function holdTestCeremony(
  database: Database,
  clock: Clock,
  config: Partial<HsmConfig> = {},
): Promise<TestTrust> {
  const { hsm, ...token } = await startTestHsm({ config })
  const directory = await mkdtemp(join(tmpdir(), 'sanad-trust-'))
  const carryOut = (plan: Omit<CeremonyPlan, 'ceremony' | 'attendees'>) =>
    new Ceremony(
      { hsm, database, organisation: ORGANISATION, dataDirectory: directory, now: clock() },
      join(directory, 'plan.yaml'),
    ).carryOut({ plan: { ceremony: 'test', attendees: [], ...plan }, sha256: '' })
  await carryOut({
    keys: { 'provider-ca': 2048, 'management-root': 2048 },
    managementRoot: { commonName: 'Management Root', years: 2 },
    providerRequest: { country: 'ET', commonName: 'Device Provider CA' },
  })
  await askCountry(directory, clock)
  await carryOut({
    providerCertificate: {
      certificate: 'provider.pem',
      chain: 'chain.pem',
      country: 'ET',
      environment: 'test',
    },
  })
  const root = await loadManagementRoot(directory)
  const responseKeys = await ResponseKeys.open({ hsm, root, clock })
  const names = ['localhost', '127.0.0.1']
  const tlsKeys = await TlsKeys.open({ hsm, root, clock, names, dataDirectory: directory })
  tlsKeys.close()
  return {
    hsm,
    hsmConfig: token.config,
    root,
    rootPem: await readFile(join(directory, 'trust', 'management-root.pem'), 'utf8'),
    responseKeys,
    tls: tlsKeys.current(),
    directory,
    async [Symbol.asyncDispose]() {
      responseKeys.close()
      await token[Symbol.asyncDispose]()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function askCountry(directory: string, clock: Clock): Promise<void> {
  const now = () => new Date(clock())
  const country = await StandInCountry.open(join(directory, 'country'), { now })
  const request = await readFile(join(directory, 'trust', 'provider.csr.pem'), 'utf8')
  const admitted = await country.admitProvider(request, { organisation: ORGANISATION })
  await writeFile(join(directory, 'provider.pem'), admitted.mosipSignedPem)
  await writeFile(join(directory, 'chain.pem'), admitted.mosipChainPem)
}
