import { createHash, verify } from 'node:crypto'
import type { Actor } from '@sanad/protocol/events'
import { SanadError } from '@sanad/protocol/problems'
import { formatTimestamp } from '@sanad/protocol/timestamps'
import { parseCertificate } from '@sanad/protocol/x509'
import { recordEvents } from '../audit/record-events.ts'
import type { Hsm } from '../hsm/hsm.ts'
import type { DatabaseTransaction } from '../platform/database.ts'
import { attachSignature, makeSerialNumber } from './der/certificate-structure.ts'
import { commonNameOf } from './device-certificate.ts'
import {
  type DeviceCertificate,
  findCertificateBySerial,
  findPreviousNotBefore,
  settleIntent,
} from './device-certificate-store.ts'
import { type IssuancePolicy, crlShardOf, crlUrlOf, decideValidity } from './device-validity.ts'
import { type IssuanceIntent, insertIntent, resumeIntent, spkiDigest } from './issuance-intent.ts'
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

  /**
   * Step 1, in the caller's transaction: decides every byte that will be signed and writes it down. For a
   * key with an open intent of the same device it is that intent which is returned.
   *
   * @throws SanadError `registration.key-seen-before`, `certificate.no-issuer`
   */
  async planIssuance(tx: DatabaseTransaction, request: IssuanceRequest): Promise<IssuanceIntent> {
    const now = this.#now()
    const provider = this.#providers.choose(now, request.market)
    const previousNotBefore =
      request.previousNotBefore ?? (await findPreviousNotBefore(tx, request.deviceId))
    const serialNumber = makeSerialNumber()
    const crlShard = crlShardOf(serialNumber, request.policy.crlShards)
    const commonName = commonNameOf(request.serialNo, request.model)
    const crlUrl = crlUrlOf(request.policy.crlBaseUrl, provider.crlName, crlShard)
    const tbs = provider.profile.encode({
      serialNumber,
      commonName,
      spki: request.spki,
      crlUrl,
      ...decideValidity(request.policy, provider.certificate, now, previousNotBefore),
    })
    const intent: IssuanceIntent = {
      serialNumber: Buffer.from(serialNumber).toString('hex'),
      deviceId: request.deviceId,
      spkiSha256: spkiDigest(request.spki),
      providerCertificateId: provider.id,
      tbs,
      commonName,
      crlShard,
      crlUrl,
      plannedAt: now,
      previousNotBefore,
    }
    if (await insertIntent(tx, intent)) return intent
    return resumeIntent(tx, request.deviceId, intent.spkiSha256)
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
    await this.#gate.requireSound(tbs, {
      provider: certificate,
      commonName,
      crlUrl,
      plannedAt,
      previousNotBefore,
    })
    const signature = await this.#hsm.signDeviceCertificate(hsmKeyId, tbs)
    // A faulty RSA signature gives the private key away: it is never released.
    if (!verify('sha256', tbs, publicKey, signature)) {
      throw new SanadError('hsm.unavailable', 'the HSM returned a wrong signature')
    }
    return attachSignature(tbs, signature)
  }

  /**
   * Step 3, late in the caller's transaction: the certificate counts from its commit on. Repeating it
   * changes nothing.
   *
   * @throws SanadError `registration.key-seen-before` when the intent was abandoned meanwhile
   */
  async recordIssuance(
    tx: DatabaseTransaction,
    intent: IssuanceIntent,
    der: Uint8Array,
    actor: Actor = 'server',
  ): Promise<DeviceCertificate> {
    const stored = await settleIntent(tx, intent, parseCertificate(der), this.#now())
    if (stored === undefined) return this.#requireRecorded(tx, intent, der)
    await recordEvents(tx, [
      {
        type: 'certificate.issued',
        actor,
        deviceId: stored.deviceId,
        data: {
          serialNumber: stored.serialNumber,
          spkiSha256: stored.spkiSha256,
          thumbprintSha256: createHash('sha256').update(der).digest('hex'),
          notBefore: formatTimestamp(stored.notBefore),
          notAfter: formatTimestamp(stored.notAfter),
          providerCertificateId: stored.providerCertificateId,
        },
      },
    ])
    return stored
  }

  /** What a device is handed: its certificate, the provider's, and those above up to the root, without it. */
  async chainOf(
    certificate: Pick<DeviceCertificate, 'der' | 'providerCertificateId'>,
  ): Promise<readonly Uint8Array[]> {
    const provider = await this.#providers.byId(certificate.providerCertificateId)
    return [certificate.der, provider.certificate.der, ...provider.intermediates]
  }

  async #requireRecorded(
    tx: DatabaseTransaction,
    intent: IssuanceIntent,
    der: Uint8Array,
  ): Promise<DeviceCertificate> {
    const recorded = await findCertificateBySerial(tx, intent.serialNumber)
    if (recorded === undefined || !Buffer.from(der).equals(recorded.der)) {
      throw new SanadError('registration.key-seen-before', 'the intent was abandoned')
    }
    return recorded
  }
}
