import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeBase64url } from '@sanad/protocol/text/base64url'
import { makeCertificationRequest } from '@sanad/protocol/wire/envelope/certification-request'
import { signDigitalId } from '@sanad/protocol/wire/envelope/digital-id'
import { type AgreementPublicKey, encryptTo } from '@sanad/protocol/wire/envelope/encryption'
import { makeRequest } from '@sanad/protocol/wire/envelope/request'
import { signWith } from '@sanad/protocol/wire/envelope/signing'
import { formatSeconds } from '@sanad/protocol/text/timestamps'
import { SERVER_ID } from '../../packages/simulator/src/demo/prepare.ts'
import { identityOf } from '../../packages/simulator/src/profiles.ts'
import {
  exportSpki,
  signCertificate,
  writeSubject,
} from '../../packages/simulator/src/software-authority.ts'
import { describeInstallation } from '../messages.ts'
import { PROFILE_OF_LEVEL } from '../provider.ts'
import type { Site } from '../site.ts'
import type { Ammunition } from './stranger-kinds.ts'

const CLAIMS = 40
const GARBAGE = 20
/** As long as a check-in. */
const GARBAGE_BYTES = 3_000

/** @returns the file that the strangers read */
export async function makeAmmunition(site: Site, recipient: AgreementPublicKey): Promise<string> {
  const file = join(site.paths.directory, 'ammunition.json')
  const ammunition: Ammunition = {
    port: site.port,
    ca: site.paths.managementRoot,
    garbage: Array.from({ length: GARBAGE }, () =>
      encryptTo(recipient, encodeBase64url(randomBytes(GARBAGE_BYTES))),
    ),
    claims: await makeClaims(recipient),
  }
  await writeFile(file, JSON.stringify(ammunition))
  return file
}

/** Of a device that nobody knows, under a key of 4096 bits that it made itself. */
async function makeClaims(recipient: AgreementPublicKey): Promise<string[]> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 4096 })
  const sign = signWith(privateKey, 'RS256')
  const subject = writeSubject({ country: 'ET', organisation: 'Nobody', commonName: 'stranger' })
  const dates = {
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 86_400_000),
  }
  const own = await signCertificate(
    { subject, publicKey, ...dates, extensions: [] },
    subject,
    privateKey,
  )
  const chain = [Buffer.from(own.rawData)]
  const csr = encodeBase64url(
    await makeCertificationRequest(
      { commonName: 'stranger', spki: exportSpki(publicKey), challenge: 'none' },
      sign,
    ),
  )
  const claims: string[] = []
  while (claims.length < CLAIMS) {
    const serialNo = `NOBODY${randomBytes(5).toString('hex').toUpperCase()}`
    const identity = { ...identityOf(PROFILE_OF_LEVEL.L0), serialNo }
    const digitalId = { ...identity, dateTime: formatSeconds(Date.now()) } as Parameters<
      typeof signDigitalId
    >[0]
    const { deviceInformation } = describeInstallation('L0')
    const { text } = await makeRequest({
      type: 'registration',
      body: { nonce: encodeBase64url(randomBytes(32)), csr, level: 'L0', deviceInformation },
      seq: 1,
      at: Date.now(),
      audience: SERVER_ID,
      digitalId,
      signedDigitalId: await signDigitalId(digitalId, chain, sign),
      sender: { certificateChain: chain },
      signInput: sign,
      recipient,
    })
    claims.push(text)
  }
  return claims
}
