import { readFile } from 'node:fs/promises'
import { type SentRequest, makeRequest } from '@sanad/protocol/wire/envelope/request'
import { openServerStatement } from '@sanad/protocol/wire/envelope/server-statement'
import { signWith } from '@sanad/protocol/wire/envelope/signing'
import type { AgreementPublicKey } from '@sanad/protocol/wire/envelope/encryption'
import type { DeviceInformation } from '@sanad/protocol/wire/messages/device-information'
import type { RequestBody } from '@sanad/protocol/wire/messages'
import type { Level } from '@sanad/protocol/domain/device-kinds'
import { type Certificate, parseCertificate } from '@sanad/protocol/asn1/x509'
import { X509Certificate, randomBytes } from 'node:crypto'
import { SERVER_ID } from '../packages/simulator/src/demo/prepare.ts'
import type { FleetDevice } from './fleet.ts'
import { PROFILE_OF_LEVEL } from './provider.ts'
import type { Site } from './site.ts'

/** Check-ins made beforehand, so that the load generator has nothing to do but send. */

export async function readManagementRoot({ paths }: Site): Promise<Certificate> {
  return parseCertificate(new X509Certificate(await readFile(paths.managementRoot, 'utf8')).raw)
}

/** As a client learns it: from the server's signed statement. */
export async function learnRecipient(site: Site): Promise<AgreementPublicKey> {
  const nonce = randomBytes(16).toString('base64url')
  const api = await site.api()
  const { body } = await api.call('GET', `/device/v1/server?nonce=${nonce}`)
  const root = await readManagementRoot(site)
  const statement = openServerStatement(String(body), { managementRoots: [root], nonce, floor: 0 })
  return statement.encryptionKey
}

export interface QueueOptions {
  /** No two messages carry the same digital ID, as if the SBI had started anew before each. */
  readonly renewsDigitalId?: boolean
}

/** For each device its messages in the order of their numbers. */
export const prepareQueues = (
  fleet: readonly FleetDevice[],
  recipient: AgreementPublicKey,
  messages: number,
  { renewsDigitalId = false }: QueueOptions = {},
): Promise<SentRequest[][]> =>
  Promise.all(
    fleet.map(async (device) => {
      const queue: SentRequest[] = []
      while (queue.length < messages / fleet.length) {
        // A second for each number: the time in a digital ID is told in whole seconds.
        const text = renewsDigitalId
          ? await device.signDigitalId(Date.now() - device.seq * 1000)
          : device.signedDigitalId
        queue.push(await makeCheckIn(device, recipient, text))
      }
      return queue
    }),
  )

async function makeCheckIn(
  device: FleetDevice,
  recipient: AgreementPublicKey,
  signedDigitalId: string,
): Promise<SentRequest> {
  device.seq += 1
  return makeRequest({
    type: 'check-in',
    body: describeInstallation(device.level),
    seq: device.seq,
    at: Date.now(),
    audience: SERVER_ID,
    digitalId: device.digitalId,
    signedDigitalId,
    sender: { thumbprint: device.thumbprint },
    signInput: signWith(device.key, 'RS256'),
    recipient,
  })
}

const INSTALLATION = 'c2FuYWQtYmVuY2gtaG9zdA'

export const describeInstallation = (level: Level): RequestBody<'check-in'> => ({
  deviceInformation: describeDevice(level),
  installation: INSTALLATION,
  certificateInUse: 'yes',
})

function describeDevice(level: Level): DeviceInformation {
  const { firmware, serviceVersion, specVersion, purpose, env } = PROFILE_OF_LEVEL[level]
  return {
    deviceStatus: 'Ready',
    certification: level,
    firmware,
    serviceVersion,
    specVersions: [...specVersion],
    purpose,
    env,
    clientVersion: '0.1.0',
    operatingSystem: 'Debian GNU/Linux 13',
  }
}
