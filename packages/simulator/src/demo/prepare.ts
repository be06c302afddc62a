import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { StandInCountry } from '../country/stand-in-country.ts'
import { DEVICE_PROVIDER } from '../profiles.ts'
import type { DemoPaths } from './demo-paths.ts'
import { CEREMONY, OPERATOR, TOKEN, runProgram } from './programs.ts'

/** What a provider does once, with the programs it would use: token, configuration, ceremony, first operator. */

export interface DemoSettings {
  readonly host: string
  readonly port: number
  /** Short in the demo, so that one sees it happen; a day in the field. */
  readonly checkInSeconds: number
}

export const SERVER_ID = 'management.example'
export const OPERATOR_NAME = 'admin'

export async function prepare(
  paths: DemoPaths,
  settings: DemoSettings,
  say: (line: string) => void,
): Promise<void> {
  await mkdir(paths.directory, { recursive: true, mode: 0o711 })
  // As root, PostgreSQL is another account that must pass through.
  await chmod(paths.directory, 0o711)
  if (!existsSync(paths.tokenConfiguration)) {
    say('making an HSM token (SoftHSM2, for development only) …')
    await writeFile(
      paths.tokenConfiguration,
      await runProgram(TOKEN, '--directory', paths.token, '--label', 'sanad-demo'),
      { mode: 0o600 },
    )
  }
  await writeServerConfiguration(paths, settings)
  if (!existsSync(join(paths.serverData, 'trust', 'ceremony-held')))
    await holdCeremonies(paths, say)
  if (!existsSync(paths.operatorPassword)) await createOperator(paths)
}

async function writeServerConfiguration(
  paths: DemoPaths,
  { host, port, checkInSeconds }: DemoSettings,
): Promise<void> {
  await mkdir(paths.serverData, { recursive: true, mode: 0o711 })
  await chmod(paths.serverData, 0o711)
  const hsm = JSON.parse(await readFile(paths.tokenConfiguration, 'utf8')) as object
  const configuration = {
    mode: 'development',
    dataDirectory: paths.serverData,
    serverId: SERVER_ID,
    organisation: DEVICE_PROVIDER.deviceProvider,
    listen: { host, port },
    tls: { names: ['localhost', '127.0.0.1', '::1'] },
    revocationListUrl: `https://localhost:${port}`,
    hsm,
    policy: { checkInSeconds },
  }
  await writeFile(paths.serverConfiguration, stringify(configuration), { mode: 0o600 })
}

const ATTENDEES = [
  { name: 'A. Officer', role: 'security officer' },
  { name: 'B. Witness', role: 'witness' },
]

/** Two ceremonies, as in life: one makes the keys and asks the country, one brings its answer back. */
async function holdCeremonies(paths: DemoPaths, say: (line: string) => void): Promise<void> {
  await mkdir(paths.ceremony, { recursive: true, mode: 0o700 })
  say('holding the key ceremony: three RSA-3072 keys in the token …')
  await holdCeremony(paths, 'keys.yaml', {
    ceremony: 'First keys',
    attendees: ATTENDEES,
    keys: { 'management-root': 3072, 'provider-ca': 3072, command: 3072 },
    managementRoot: { commonName: 'Example Management Root', years: 10 },
    commandKey: { commonName: 'Example Command Key', years: 2 },
    providerRequest: { country: 'XX', commonName: 'Example Device Provider' },
  })
  say('the stand-in country certifies the provider, and MOSIP signs it anew …')
  const country = await StandInCountry.open(paths.country)
  const csr = await readFile(join(paths.serverData, 'trust', 'provider.csr.pem'), 'utf8')
  // Half of MOSIP's serial numbers are negative; the demo shows that they do no harm.
  const admitted = await country.admitProvider(csr, {
    organisation: DEVICE_PROVIDER.deviceProvider,
    serialSign: 'negative',
  })
  await writeFile(join(paths.ceremony, 'provider.pem'), admitted.mosipSignedPem)
  await writeFile(join(paths.ceremony, 'mosip-chain.pem'), admitted.mosipChainPem)
  // Revocation lists verify on the country's path: docs/revocation.md.
  await writeFile(join(paths.ceremony, 'provider-of-the-country.pem'), admitted.countrySignedPem)
  await writeFile(join(paths.ceremony, 'country-ca.pem'), country.providerCa.pem)
  await holdCeremony(paths, 'import.yaml', {
    ceremony: 'Import of the certificate that MOSIP signed',
    attendees: ATTENDEES,
    providerCertificate: {
      certificate: 'provider.pem',
      chain: 'mosip-chain.pem',
      country: 'XX',
      environment: 'staging',
    },
  })
  await writeFile(
    paths.managementRoot,
    await readFile(join(paths.serverData, 'trust', 'management-root.pem')),
  )
  await writeFile(join(paths.serverData, 'trust', 'ceremony-held'), '')
}

async function holdCeremony(paths: DemoPaths, name: string, plan: object): Promise<void> {
  const file = join(paths.ceremony, name)
  await writeFile(file, stringify(plan))
  await runProgram(CEREMONY, '--config', paths.serverConfiguration, '--file', file)
}

async function createOperator(paths: DemoPaths): Promise<void> {
  const staging = `${paths.operatorPassword}.new`
  // There already: an earlier start was cut off here, before or after the operator was made.
  const isSecondTry = existsSync(staging)
  if (!isSecondTry)
    await writeFile(staging, `${randomBytes(12).toString('base64url')}\n`, { mode: 0o600 })
  const words = ['--config', paths.serverConfiguration, '--name', OPERATOR_NAME]
  words.push('--password-file', staging)
  await runProgram(OPERATOR, ...words).catch((error: unknown) => {
    if (!isSecondTry) throw error
    return runProgram(OPERATOR, 'reset', ...words)
  })
  await rename(staging, paths.operatorPassword)
}
