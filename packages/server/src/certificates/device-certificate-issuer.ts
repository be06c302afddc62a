import type { Actor, NewEvent } from '@sanad/protocol/domain/events'
import type { IssuancePurpose } from '@sanad/protocol/domain/key-lifecycle'
import { SanadError } from '@sanad/protocol/text/problems'
import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import { recordEvents } from '../record/record-events.ts'
import type { Hsm } from '../hsm/hsm.ts'
import type { DatabaseTransaction } from '../platform/database.ts'
import { makeSerialNumber } from './der/certificate-structure.ts'
import { attachVerifiedSignature } from './der/verified-signature.ts'
import { commonNameOf } from './device-certificate.ts'
import {
  type DeviceCertificate,
  type SignedIntent,
  findCertificatesBySerial,
  findPreviousNotBefore,
  settleIntents,
} from './device-certificate-store.ts'
import { type IssuancePolicy, crlShardOf, crlUrlOf, decideValidity } from './device-validity.ts'
import {
  type IssuanceIntent,
  findOpenIntents,
  insertIntents,
  spkiDigest,
} from './issuance-intent.ts'
import { LintGate } from './lint-gate.ts'
import type { Market, ProviderCertificates } from './provider-certificates.ts'

export interface IssuanceRequest {
  readonly deviceId: string
  readonly serialNo: string
  readonly model: string
  /** Of a verified request; nothing else of the request counts. */
  readonly spki: Uint8Array
  readonly policy: IssuancePolicy
  /** Needed where the provider serves several countries or environments. */
  readonly market?: Market
  /** notBefore of the device's latest certificate; looked up when left out. */
  readonly previousNotBefore?: number
  /** Registration, when left out. */
  readonly purpose?: IssuancePurpose
  /** Thumbprint of the certificate whose place it takes: with every purpose but registration. */
  readonly replaces?: string
}

export interface StoredIssuances {
  /** In order; undefined where the intent was abandoned meanwhile. */
  readonly certificates: readonly (DeviceCertificate | undefined)[]
  readonly events: readonly NewEvent[]
}

interface Parts {
  readonly hsm: Pick<Hsm, 'signDeviceCertificate'>
  readonly providers: ProviderCertificates
  readonly now?: () => number
}

/**
 * Issues device certificates in three steps, so that power may fail between any two: docs/issuance.md.
 *
 * PKCS#1 v1.5 signatures are deterministic: signing an intent again gives the same certificate.
 */
export class DeviceCertificateIssuer {
  readonly #hsm: Parts['hsm']
  readonly #providers: ProviderCertificates
  readonly #now: () => number
  readonly #gate = new LintGate()

  constructor({ hsm, providers, now = Date.now }: Parts) {
    this.#hsm = hsm
    this.#providers = providers
    this.#now = now
  }

  /** Step 1 for one device. @throws SanadError `registration.key-seen-before`, `certificate.no-issuer` */
  async planIssuance(tx: DatabaseTransaction, request: IssuanceRequest): Promise<IssuanceIntent> {
    const [planned] = await this.planIssuances(tx, [request])
    if (planned === undefined) throw new SanadError('registration.key-seen-before')
    return planned
  }

  /**
   * Step 1, in the caller's transaction: decides every byte that will be signed and writes it down. For a
   * key with an open intent of the same device it is that intent which is returned.
   *
   * @returns the intents in the order of the requests; undefined where the key was seen before
   * @throws SanadError `certificate.no-issuer`
   */
  async planIssuances(
    tx: DatabaseTransaction,
    requests: readonly IssuanceRequest[],
  ): Promise<readonly (IssuanceIntent | undefined)[]> {
    const unknown = requests.filter(({ previousNotBefore }) => previousNotBefore === undefined)
    const previous = await findPreviousNotBefore(
      tx,
      unknown.map(({ deviceId }) => deviceId),
    )
    const now = this.#now()
    const drafts = requests.map((request) =>
      this.#draft(request, request.previousNotBefore ?? previous.get(request.deviceId), now),
    )
    const written = await insertIntents(tx, drafts)
    const seen = drafts.filter(({ serialNumber }) => !written.has(serialNumber))
    const open = await findOpenIntents(
      tx,
      seen.map(({ spkiSha256 }) => spkiSha256),
    )
    return drafts.map((draft) => {
      if (written.has(draft.serialNumber)) return draft
      const resumed = open.get(draft.spkiSha256)
      return resumed?.deviceId === draft.deviceId ? resumed : undefined
    })
  }

  /**
   * Step 2, outside any transaction, once step 1 is committed: lint, sign, verify. May be repeated.
   *
   * @returns the certificate, DER
   * @throws SanadError `certificate.lint-refused`, `hsm.*`
   */
  async signIssuance(intent: IssuanceIntent): Promise<Uint8Array> {
    const { tbs, commonName, crlUrl, plannedAt, previousNotBefore } = intent
    const { certificate, publicKey, hsmKeyId } = await this.#providers.byId(
      intent.providerCertificateId,
    )
    this.#gate.requireSound(tbs, {
      provider: certificate,
      commonName,
      crlUrl,
      plannedAt,
      previousNotBefore,
    })
    const signature = await this.#hsm.signDeviceCertificate(hsmKeyId, tbs)
    return attachVerifiedSignature(tbs, signature, publicKey)
  }

  /**
   * Step 3 for one device.
   *
   * @throws SanadError `registration.key-seen-before` when the intent was abandoned meanwhile
   */
  async recordIssuance(
    tx: DatabaseTransaction,
    intent: IssuanceIntent,
    der: Uint8Array,
    actor: Actor = 'server',
  ): Promise<DeviceCertificate> {
    const [recorded] = await this.recordIssuances(tx, [{ intent, der }], actor)
    if (recorded === undefined) {
      throw new SanadError('registration.key-seen-before', 'the intent was abandoned')
    }
    return recorded
  }

  /**
   * Step 3, late in the caller's transaction: the certificates count from its commit on. Repeating it
   * changes nothing.
   *
   * @returns the certificates in order; undefined where the intent was abandoned meanwhile
   */
  async recordIssuances(
    tx: DatabaseTransaction,
    signed: readonly SignedIntent[],
    actor: Actor = 'server',
  ): Promise<readonly (DeviceCertificate | undefined)[]> {
    const { certificates, events } = await this.storeIssuances(tx, signed, actor)
    await recordEvents(tx, events)
    return certificates
  }

  /** As {@link recordIssuances}, for a caller that records the events with others at its end. */
  async storeIssuances(
    tx: DatabaseTransaction,
    signed: readonly SignedIntent[],
    actor: Actor = 'server',
  ): Promise<StoredIssuances> {
    const stored = await settleIntents(tx, signed, this.#now())
    const isStored = new Set(stored.map(({ serialNumber }) => serialNumber))
    const earlier = await findCertificatesBySerial(
      tx,
      signed.flatMap(({ intent }) =>
        isStored.has(intent.serialNumber) ? [] : intent.serialNumber,
      ),
    )
    const bySerial = new Map([...earlier, ...stored].map((one) => [one.serialNumber, one]))
    return {
      certificates: signed.map(({ intent }) => bySerial.get(intent.serialNumber)),
      events: stored.map((certificate) => describeIssuance(certificate, actor)),
    }
  }

  /** What a device is handed: its certificate, the provider's, and those above up to the root, without it. */
  async chainOf(
    certificate: Pick<DeviceCertificate, 'der' | 'providerCertificateId'>,
  ): Promise<readonly Uint8Array[]> {
    const provider = await this.#providers.byId(certificate.providerCertificateId)
    // Every verifier has the root.
    return [certificate.der, provider.certificate.der, ...provider.issuers.slice(0, -1)]
  }

  #draft(
    request: IssuanceRequest,
    previousNotBefore: number | undefined,
    now: number,
  ): IssuanceIntent {
    const { deviceId, serialNo, model, spki, policy } = request
    const provider = this.#providers.choose(now, request.market)
    const serialNumber = makeSerialNumber()
    const crlShard = crlShardOf(serialNumber, policy.crlShards)
    const crlUrl = crlUrlOf(policy.crlBaseUrl, provider.crlName, crlShard)
    const commonName = commonNameOf(serialNo, model)
    const validity = decideValidity(policy, provider.certificate, now, previousNotBefore)
    return {
      serialNumber: Buffer.from(serialNumber).toString('hex'),
      deviceId,
      spkiSha256: spkiDigest(spki),
      providerCertificateId: provider.id,
      tbs: provider.profile.encode({ serialNumber, commonName, spki, crlUrl, ...validity }),
      commonName,
      crlShard,
      crlUrl,
      plannedAt: now,
      notBefore: validity.notBefore.getTime(),
      notAfter: validity.notAfter.getTime(),
      previousNotBefore,
      purpose: request.purpose ?? 'registration',
      replaces: request.replaces,
    }
  }
}

function describeIssuance(certificate: DeviceCertificate, actor: Actor): NewEvent {
  return {
    type: 'certificate.issued',
    actor,
    deviceId: certificate.deviceId,
    data: {
      serialNumber: certificate.serialNumber,
      spkiSha256: certificate.spkiSha256,
      thumbprintSha256: Buffer.from(certificate.thumbprint, 'base64url').toString('hex'),
      notBefore: formatTimestamp(certificate.notBefore),
      notAfter: formatTimestamp(certificate.notAfter),
      providerCertificateId: certificate.providerCertificateId,
    },
  }
}
