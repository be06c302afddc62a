import { type KeyObject, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { encodeBase64url } from '@sanad/protocol/text/base64url'
import type { DigitalId } from '@sanad/protocol/domain/digital-id'
import { openAnswer } from '@sanad/protocol/wire/envelope/answer'
import { makeCertificationRequest } from '@sanad/protocol/wire/envelope/certification-request'
import { signDigitalId } from '@sanad/protocol/wire/envelope/digital-id'
import type { AgreementPublicKey } from '@sanad/protocol/wire/envelope/encryption'
import { type SentRequest, makeRequest } from '@sanad/protocol/wire/envelope/request'
import { signWith } from '@sanad/protocol/wire/envelope/signing'
import { formatSeconds } from '@sanad/protocol/text/timestamps'
import type { Certificate } from '@sanad/protocol/asn1/x509'
import { makeDeviceRegistry } from '../packages/server/src/compose/device-registry.ts'
import { SERVER_ID } from '../packages/simulator/src/demo/prepare.ts'
import { FTM_PROVIDER, identityOf } from '../packages/simulator/src/profiles.ts'
import { SoftwareAuthority } from '../packages/simulator/src/software-authority.ts'
import { type Models, PROFILE_OF_LEVEL } from './provider.ts'
import { type LoadKey, makeLoadKeys } from './shared-primes.ts'
import type { Site } from './site.ts'

/** L1 devices that are approved and not registered yet, and what they send to become so. */
export interface Claimant {
  readonly digitalId: DigitalId
  readonly signedDigitalId: string
  readonly chipKey: KeyObject
  /** Chip certificate and those above. */
  readonly chain: readonly Uint8Array[]
  readonly key: LoadKey
}

const MADE_AT_ONCE = 16

export async function makeClaimants(
  site: Site,
  models: Models,
  count: number,
): Promise<readonly Claimant[]> {
  const line = await openChipLine(site, models)
  const registry = makeDeviceRegistry(site.database.database)
  const claimants: Claimant[] = []
  const makeOne = async (key: LoadKey): Promise<void> => {
    const serialNo = `EXR${randomBytes(6).toString('hex').toUpperCase()}`
    await registry.approve({ modelId: models.L1, serialNo }, 'command-line')
    const identity = { ...identityOf(PROFILE_OF_LEVEL.L1), serialNo } as Omit<DigitalId, 'dateTime'>
    const digitalId = { ...identity, dateTime: formatSeconds(Date.now()) }
    const chain = await line.certify(serialNo)
    const signedDigitalId = await signDigitalId(digitalId, chain, signWith(line.key, 'RS256'))
    claimants.push({ digitalId, signedDigitalId, chipKey: line.key, chain, key })
  }
  let some: Promise<void>[] = []
  for await (const key of makeLoadKeys(count)) {
    some.push(makeOne(key))
    if (some.length < MADE_AT_ONCE) continue
    await Promise.all(some)
    some = []
  }
  await Promise.all(some)
  return claimants
}

/** Chips with certificates of their own and one key, because making keys is not what is measured. */
async function openChipLine({ paths }: Site, { ftm }: Models) {
  const directory = join(paths.directory, 'ftm')
  const subject = { country: 'ET', organisation: FTM_PROVIDER, unit: 'FTM', commonName: 'Issuing' }
  const issuing = await SoftwareAuthority.open(
    directory,
    'issuing',
    { subject, days: 1 },
    new Date(),
  )
  const { privateKey: key } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const publicKey = createPublicKey(key)
  return {
    key,
    async certify(serialNo: string): Promise<readonly Uint8Array[]> {
      const name = { ...subject, commonName: `FTM ${serialNo}` }
      const { rawData } = await issuing.certifySigner(name, publicKey, new Date(), 365)
      return [Buffer.from(rawData), ...ftm.intermediates]
    },
  }
}

const asClaimant = ({ chain, chipKey }: Claimant) => ({
  sender: { certificateChain: chain },
  signInput: signWith(chipKey, 'RS256'),
})

const about = ({ digitalId, signedDigitalId }: Claimant, recipient: AgreementPublicKey) => ({
  at: Date.now(),
  audience: SERVER_ID,
  digitalId,
  signedDigitalId,
  recipient,
})

export const askForChallenge = (
  claimant: Claimant,
  recipient: AgreementPublicKey,
): Promise<SentRequest> =>
  makeRequest({
    type: 'registration-challenge',
    body: {},
    seq: 1,
    ...about(claimant, recipient),
    ...asClaimant(claimant),
  })

export async function askForRegistration(
  claimant: Claimant,
  nonce: string,
  recipient: AgreementPublicKey,
): Promise<SentRequest> {
  const { key, digitalId } = claimant
  const csr = await makeCertificationRequest(
    { commonName: digitalId.serialNo, spki: key.spki, challenge: nonce },
    signWith(key.privateKey, 'RS256'),
  )
  const { firmware, serviceVersion, specVersion, purpose, env } = PROFILE_OF_LEVEL.L1
  return makeRequest({
    type: 'registration',
    body: {
      nonce,
      csr: encodeBase64url(csr),
      level: 'L1',
      deviceInformation: {
        deviceStatus: 'Ready',
        certification: 'L1',
        firmware,
        serviceVersion,
        specVersions: [...specVersion],
        purpose,
        env,
        clientVersion: '0.1.0',
        operatingSystem: 'Debian GNU/Linux 13',
      },
    },
    seq: 2,
    ...about(claimant, recipient),
    ...asClaimant(claimant),
  })
}

/** Opened as a client opens them: an answer that is not one counts for nothing. */
export function openAnswers(
  samples: readonly { readonly sent: SentRequest; readonly answer: { readonly body: string } }[],
  root: Certificate,
): ReadonlyMap<SentRequest, ReturnType<typeof openAnswer>> {
  const expected = {
    managementRoots: [root],
    issuer: SERVER_ID,
    now: Date.now(),
    window: 300_000,
  }
  return new Map(samples.map(({ sent, answer }) => [sent, openAnswer(answer.body, sent, expected)]))
}
