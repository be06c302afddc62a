import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SanadError } from '@sanad/protocol/text/problems'
import type { AgentProblem } from './agent-protocol.ts'
import type { InitialiseRequest } from './agent/initialise-token.ts'
import type { HsmConfig } from './hsm-config.ts'

/** Tokens in files, for development and tests: SoftHSM2, and NSS softokn as the second opinion. */

export interface SoftwareTokenOptions {
  /** Made if it is not there; holds the token, its configuration and the PIN file. */
  readonly directory: string
  readonly label: string
  /** Path of the library, where it is not in one of Debian’s places. */
  readonly module?: string
}

/** Debian’s folder of shared libraries for this processor. */
const MULTIARCH = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu'

const SOFTHSM_LIBRARIES: readonly string[] = [
  '/usr/lib/softhsm/libsofthsm2.so',
  `/usr/lib/${MULTIARCH}/softhsm/libsofthsm2.so`,
  '/usr/local/lib/softhsm/libsofthsm2.so',
]

const NSS_LIBRARIES: readonly string[] = [
  `/usr/lib/${MULTIARCH}/libsoftokn3.so`,
  `/usr/lib/${MULTIARCH}/nss/libsoftokn3.so`,
  '/usr/lib/libsoftokn3.so',
]

const INITIALISER = fileURLToPath(new URL('agent/initialise-token.ts', import.meta.url))

/** @throws SanadError `server.configuration-invalid` when SoftHSM is missing or the folder is not empty of a token */
export async function initialiseSoftHsmToken(options: SoftwareTokenOptions): Promise<HsmConfig> {
  const { directory, label } = options
  const module = options.module ?? findLibrary('SoftHSM2', 'softhsm2', SOFTHSM_LIBRARIES)
  const tokens = join(directory, 'tokens')
  const configuration = join(directory, 'softhsm2.conf')
  await makeTokenFolder(directory)
  await mkdir(tokens, { mode: 0o700 })
  await writeFile(
    configuration,
    `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n`,
    { mode: 0o600 },
  )
  const environment = { SOFTHSM2_CONF: configuration }
  // Nobody needs the security officer again: a token whose PIN is lost is made again.
  const securityOfficerPin = randomPin()
  const { pinFile, pin } = await writePinFile(directory)
  await runInitialiser({ module, label, pin, securityOfficerPin }, environment)
  return { module, tokenLabel: label, pinFile, mode: 'development', environment }
}

/** NSS names its token by parameter at each C_Initialize. */
export async function initialiseNssToken(options: SoftwareTokenOptions): Promise<HsmConfig> {
  const { directory, label } = options
  const module = options.module ?? findLibrary('NSS softokn', 'libnss3', NSS_LIBRARIES)
  const database = join(directory, 'nssdb')
  if (/['"\\]/.test(label + database)) throw invalid('NSS takes no quotes in labels and paths')
  await makeTokenFolder(directory)
  await mkdir(database, { mode: 0o700 })
  const libraryParameters = `configdir='sql:${database}' certPrefix='' keyPrefix='' secmod='' flags=noModDB dbTokenDescription='${label}'`
  const { pinFile, pin } = await writePinFile(directory)
  // NSS derives the key of its database again for each signature; a PIN of 192 random bits needs no stretching.
  const environment = { NSS_MAX_MP_PBE_ITERATION_COUNT: '1' }
  await runInitialiser(
    { module, label, pin, securityOfficerPin: '', libraryParameters },
    environment,
  )
  return { module, tokenLabel: label, pinFile, mode: 'development', libraryParameters, environment }
}

function findLibrary(name: string, debianPackage: string, paths: readonly string[]): string {
  const path = paths.find((one) => existsSync(one))
  if (path === undefined) {
    throw invalid(`${name} is not installed; Debian has it in the package ${debianPackage}`)
  }
  return path
}

async function makeTokenFolder(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  if (existsSync(join(directory, 'pin'))) throw invalid(`${directory} holds a token already`)
}

const randomPin = (): string => randomBytes(24).toString('base64url')

async function writePinFile(directory: string): Promise<{ pinFile: string; pin: string }> {
  const pinFile = join(directory, 'pin')
  const pin = randomPin()
  await writeFile(pinFile, `${pin}\n`, { mode: 0o600, flag: 'wx' })
  return { pinFile, pin }
}

/** The PINs go over the channel: arguments and environments can be listed by others. */
function runInitialiser(
  request: InitialiseRequest,
  environment: Record<string, string>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [INITIALISER], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      env: environment,
    })
    let outcome: { done?: true; problem?: AgentProblem } = {}
    child.once('message', (message: typeof outcome) => {
      outcome = message
    })
    child.once('error', reject)
    child.once('exit', (status) => {
      if (outcome.done === true) resolve()
      else reject(invalid(outcome.problem?.detail ?? `making the token ended with ${status}`))
    })
    child.send(request)
  })
}

function invalid(detail: string): SanadError {
  return new SanadError('server.configuration-invalid', `hsm: ${detail}`)
}
