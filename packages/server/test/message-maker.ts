import { createHash, randomBytes } from 'node:crypto'
import type { Level } from '@sanad/protocol/domain/device-kinds'
import type { DigitalId } from '@sanad/protocol/domain/digital-id'
import { encodeBase64url } from '@sanad/protocol/text/base64url'
import { formatSeconds } from '@sanad/protocol/text/timestamps'
import { thumbprintOf } from '@sanad/protocol/wire/envelope/certificates'
import { makeCertificationRequest } from '@sanad/protocol/wire/envelope/certification-request'
import { signDigitalId } from '@sanad/protocol/wire/envelope/digital-id'
import { encryptTo } from '@sanad/protocol/wire/envelope/encryption'
import {
  makeRequest,
  type NewRequest,
  type SentRequest,
  type SignedRequest,
  signRequest,
} from '@sanad/protocol/wire/envelope/request'
import { makeJws, type SignInput, signWith } from '@sanad/protocol/wire/envelope/signing'
import type { RequestEnvelope } from '@sanad/protocol/wire/envelopes'
import type { RequestBody, RequestType } from '@sanad/protocol/wire/messages'
import type { DeviceInformation } from '@sanad/protocol/wire/messages/device-information'
import type { FtmChip } from '../../simulator/src/ftm/ftm-chip.ts'
import { certifySelf, type KeyPair, makeKey } from './device-keys.ts'
import { type Door, SERVER_ID } from './test-door.ts'
import type { TestModel, TestServer } from './test-server.ts'

/** Messages of a device. Each part of one can be replaced by another, for those who are not genuine. */

/** Whatever of a message is not as a genuine client would make it. */
export type Altered<T extends RequestType> = Partial<NewRequest<T>> & {
  readonly door?: Door
}

export const INFORMATION: DeviceInformation = {
  deviceStatus: 'Ready',
  certification: 'L1',
  firmware: '7.1.0',
  serviceVersion: '2.4.1',
  specVersions: ['0.9.5'],
  purpose: 'Registration',
  env: 'Staging',
  clientVersion: '0.1.0',
  operatingSystem: 'Debian 12',
}

/** What a maker of messages begins with. */
interface MakerParts {
  readonly server: TestServer
  readonly model: TestModel
  readonly serialNo: string
  readonly deviceId: string
  readonly key: KeyPair
  readonly selfSigned: Buffer
  readonly chip?: FtmChip
  readonly enrolmentSecret?: string
}

/** What a device is, and every message that it makes: as a genuine client makes them, or altered. */
export class MessageMaker {
  readonly server: TestServer
  readonly level: Level
  readonly identity: Omit<DigitalId, 'dateTime'>
  readonly deviceId: string
  chip: FtmChip | undefined
  readonly enrolmentSecret: string | undefined
  /** The newest device key. */
  key: KeyPair
  /** Of the device key; L0 shows it before it has one from the provider. */
  selfSigned: Buffer
  certificate: Buffer | undefined
  readonly installation = encodeBase64url(randomBytes(16))
  seq = 0

  protected constructor(made: MakerParts) {
    this.server = made.server
    this.level = made.model.level
    this.identity = { serialNo: made.serialNo, ...made.model.identity }
    this.deviceId = made.deviceId
    this.key = made.key
    this.selfSigned = made.selfSigned
    this.chip = made.chip
    this.enrolmentSecret = made.enrolmentSecret
  }

  get digitalId(): DigitalId {
    return { ...this.identity, dateTime: formatSeconds(this.server.now()) }
  }

  /** What signs registrations: the chip on L1, the new device key on L0. */
  get registrant(): { readonly sign: SignInput; readonly chain: readonly Uint8Array[] } {
    if (this.chip === undefined)
      return { sign: signWith(this.key.privateKey, 'RS256'), chain: [this.selfSigned] }
    // The chip itself signs only for keys it made; here the keys are the test's.
    return {
      sign: signWith(this.chip.extractPermanentKey(), 'RS256'),
      chain: this.chip.ftmCertificates,
    }
  }

  signDigitalId(digitalId: DigitalId = this.digitalId): Promise<string> {
    const { sign, chain } = this.registrant
    return signDigitalId(digitalId, chain, sign)
  }

  async replaceKey(key?: KeyPair): Promise<void> {
    this.key = key ?? (await makeKey())
    this.selfSigned = await certifySelf(this.key, this.server.now())
  }

  async makeCsr(nonce: string, key: KeyPair = this.key): Promise<string> {
    const request = { commonName: this.identity.serialNo, spki: key.spki, challenge: nonce }
    const der = await makeCertificationRequest(request, signWith(key.privateKey, 'RS256'))
    return encodeBase64url(der)
  }

  // ── Messages ───────────────────────────────────────────────────────────────────────────────────────

  async makeChallengeRequest(altered: Altered<'registration-challenge'> = {}) {
    return this.make('registration-challenge', {}, this.#asClaimant(), altered)
  }

  async makeRegistration(
    nonce: string,
    body: Partial<RequestBody<'registration'>> = {},
    altered: Altered<'registration'> = {},
  ): Promise<SentRequest> {
    const genuine: RequestBody<'registration'> = {
      nonce,
      csr: body.csr ?? (await this.makeCsr(nonce)),
      level: this.level,
      ...(this.enrolmentSecret !== undefined && { enrolmentSecret: this.enrolmentSecret }),
      deviceInformation: { ...INFORMATION, certification: this.level },
    }
    return this.make('registration', { ...genuine, ...body }, this.#asClaimant(), altered)
  }

  makeCheckIn(
    information: Partial<DeviceInformation> = {},
    altered: Altered<'check-in'> = {},
    body: Partial<RequestBody<'check-in'>> = {},
  ): Promise<SentRequest> {
    const deviceInformation = { ...INFORMATION, certification: this.level, ...information }
    return this.make(
      'check-in',
      { deviceInformation, installation: this.installation, certificateInUse: 'yes', ...body },
      this.asRegistered(),
      altered,
    )
  }

  /** For the key that is to come; by the one in use. */
  async makeRotation(
    next: KeyPair,
    body: Partial<RequestBody<'key-rotation'>> = {},
    altered: Altered<'key-rotation'> = {},
  ): Promise<SentRequest> {
    const replaces = body.replaces ?? this.thumbprint
    const csr = body.csr ?? (await this.makeCsr(replaces, next))
    return this.make('key-rotation', { csr, replaces }, this.asRegistered(), altered)
  }

  /** Made and signed with the key that is then destroyed; it is encrypted when it is delivered. */
  async signPurge(
    body: Partial<RequestBody<'key-purge'>> = {},
    altered: Partial<NewRequest<'key-purge'>> = {},
  ): Promise<SignedRequest> {
    this.server.advance(600)
    const digitalId = altered.digitalId ?? this.digitalId
    return signRequest({
      type: 'key-purge',
      body: { keyIds: [this.keyId], order: 'registration.device-deregistered', ...body },
      seq: ++this.seq,
      at: this.server.now(),
      audience: SERVER_ID,
      digitalId,
      signedDigitalId: await this.signDigitalId(digitalId),
      ...this.asRegistered(),
      ...altered,
    })
  }

  async make<T extends RequestType>(
    type: T,
    body: RequestBody<T>,
    signer: Pick<NewRequest<T>, 'sender' | 'signInput'>,
    altered: Altered<T>,
  ): Promise<SentRequest> {
    // A bucket of the rate limit fills with time; a test must not wait for it.
    this.server.advance(600)
    const { door = this.server.door, ...parts } = altered
    const digitalId = parts.digitalId ?? this.digitalId
    return makeRequest<T>({
      type,
      body,
      seq: ++this.seq,
      at: this.server.now(),
      audience: SERVER_ID,
      digitalId,
      signedDigitalId: parts.signedDigitalId ?? (await this.signDigitalId(digitalId)),
      recipient: parts.recipient ?? (await door.readEncryptionKey()),
      ...signer,
      ...parts,
    })
  }

  #asClaimant(): { sender: NewRequest<'registration'>['sender']; signInput: SignInput } {
    const { sign, chain } = this.registrant
    return { sender: { certificateChain: chain }, signInput: sign }
  }

  asRegistered(): { sender: { thumbprint: string }; signInput: SignInput } {
    return {
      sender: { thumbprint: this.thumbprint },
      signInput: signWith(this.key.privateKey, 'RS256'),
    }
  }

  get thumbprint(): string {
    return thumbprintOf(this.certificate ?? Buffer.alloc(0))
  }

  /** As a purge certificate names the key. */
  get keyId(): string {
    return createHash('sha256').update(this.key.spki).digest('base64url')
  }

  get spkiSha256(): string {
    return createHash('sha256').update(this.key.spki).digest('hex')
  }

  /** A message whose envelope or header is of the test's own making. */
  async craft(
    alter: (envelope: Record<string, unknown>) => Record<string, unknown>,
    header: Record<string, unknown> = {
      alg: 'RS256',
      typ: 'sanad-request+jws',
      'x5t#S256': this.thumbprint,
    },
    sign: SignInput = signWith(this.key.privateKey, 'RS256'),
  ): Promise<string> {
    this.server.advance(600)
    const envelope: RequestEnvelope = {
      v: 1,
      mid: encodeBase64url(randomBytes(16)),
      seq: ++this.seq,
      ts: new Date(this.server.now()).toISOString(),
      aud: SERVER_ID,
      sub: [this.identity.make, this.identity.model, this.identity.serialNo]
        .map(encodeURIComponent)
        .join('/'),
      digitalId: await this.signDigitalId(),
      type: 'check-in',
      body: {
        deviceInformation: { ...INFORMATION, certification: this.level },
        installation: this.installation,
        certificateInUse: 'yes',
      },
      replyTo: { kty: 'OKP', crv: 'X25519', x: encodeBase64url(randomBytes(32)) },
    }
    const jws = await makeJws(header, alter({ ...envelope }), sign)
    return encryptTo(await this.server.door.readEncryptionKey(), jws)
  }
}
