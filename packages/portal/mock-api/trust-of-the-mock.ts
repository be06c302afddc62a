import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import type { DeviceCertificateView } from '@sanad/protocol/operator-api/devices'
import type { Reason } from '@sanad/protocol/domain/reasons'
import { type KeyState, keyLife } from '@sanad/protocol/domain/key-lifecycle'
import { SanadError } from '@sanad/protocol/text/problems'
import type { TrustView } from '@sanad/protocol/operator-api/trust'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { issue, makeAuthority } from './certificates.ts'
import { iso, sha256Of, uuidOf } from './fleet.ts'

const PROVIDER_CERTIFICATE = uuidOf('provider-certificate')

/** Country, provider and management root, with real keys, so that what the portal verifies is verified. */
export class MockTrust {
  readonly #now: number
  #root
  readonly #provider
  readonly #management
  readonly #deviceSpki: Uint8Array
  readonly #certificates = new Map<string, readonly DeviceCertificateView[]>()

  constructor(now: number) {
    this.#now = now
    const from = new Date(now - 300 * DAY_MS)
    const country = { organisation: 'Example Republic', commonName: 'MOSIP ROOT' }
    this.#root = makeAuthority(country, undefined, from, new Date(now + 2400 * DAY_MS))
    const provider = { organisation: 'Example Biometrics', commonName: 'Example Device Provider' }
    this.#provider = makeAuthority(provider, this.#root, from, new Date(now + 212 * DAY_MS))
    const management = { organisation: 'Example Biometrics', commonName: 'Sanad management root' }
    this.#management = makeAuthority(management, undefined, from, new Date(now + 3300 * DAY_MS))
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    this.#deviceSpki = publicKey.export({ type: 'spki', format: 'der' })
  }

  /** Another root of the same name, which signed nothing here. */
  replaceRoot(): void {
    const { subject } = this.#root
    const [from, until] = [new Date(this.#now - DAY_MS), new Date(this.#now + DAY_MS)]
    this.#root = makeAuthority(subject, undefined, from, until)
  }

  /** Made when they are first looked at. */
  certificatesOf(serialNo: string, notAfter: string): readonly DeviceCertificateView[] {
    const known = this.#certificates.get(serialNo) ?? [this.#issue(serialNo, notAfter)]
    this.#certificates.set(serialNo, known)
    return known
  }

  /** @throws SanadError `certificate.not-found`, `key.transition-refused` */
  revoke(serialNo: string, serialNumber: string, reason: Reason): DeviceCertificateView {
    const known = this.#certificates.get(serialNo) ?? []
    const certificate = known.find((each) => each.serialNumber === serialNumber)
    if (certificate === undefined) throw new SanadError('certificate.not-found')
    const status = keyLife.next(certificate.status as KeyState, 'revoke')
    const revokedAt = new Date().toISOString()
    const revoked = { ...certificate, status, revokedAt, revocationReason: reason }
    const all = known.map((each) => (each === certificate ? revoked : each))
    this.#certificates.set(serialNo, all)
    return revoked
  }

  #issue(serialNo: string, notAfter: string): DeviceCertificateView {
    const until = Date.parse(notAfter)
    const notBefore = new Date(until - 90 * DAY_MS)
    const { pem, der, serialNumber } = issue({
      subject: { organisation: 'Example Biometrics', commonName: serialNo },
      spki: this.#deviceSpki,
      issuer: this.#provider,
      notBefore,
      notAfter: new Date(until),
      isCa: false,
    })
    return {
      serialNumber,
      thumbprintSha256: sha256Of(der),
      spkiSha256: sha256Of(this.#deviceSpki),
      notBefore: notBefore.toISOString(),
      notAfter,
      status: 'active',
      providerCertificateId: PROVIDER_CERTIFICATE,
      certificatePem: pem,
      purpose: 'registration',
      replaces: null,
      issuedAt: notBefore.toISOString(),
      confirmedAt: notBefore.toISOString(),
      supersededAt: null,
      revokedAt: null,
      revocationReason: null,
      crlUrl: 'https://sanad.example.test/crl/4f1a09c2d3b85e67/17.crl',
    }
  }

  view(): TrustView {
    const now = this.#now
    return {
      serverId: 'sanad.example.test',
      organisation: 'Example Biometrics',
      mode: 'production',
      hsm: {
        state: 'ready',
        token: {
          label: 'sanad-provider',
          manufacturer: 'Example HSM',
          model: 'HSM 9000',
          serialNumber: 'H9-204418',
          firmwareVersion: '7.4',
        },
        fipsCertificate: 'FIPS 140-3 Level 3, certificate 4321',
        queued: 0,
        sessions: 8,
        restarts: 0,
        since: iso(now - 12 * DAY_MS),
        keys: ['provider-ca', 'management-root', 'command'].map((purpose) => ({
          purpose,
          label: `sanad-${purpose}`,
          id: sha256Of(purpose),
          modulusBits: 3072,
          isProven: true,
          failures: [],
        })),
      },
      providerCertificates: [
        {
          providerCertificateId: PROVIDER_CERTIFICATE,
          country: 'ET',
          environment: 'production',
          subject: 'CN=Example Device Provider, O=Example Biometrics',
          issuer: 'CN=MOSIP ROOT, O=Example Republic',
          notBefore: iso(now - 300 * DAY_MS),
          notAfter: iso(now + 212 * DAY_MS),
          thumbprintSha256: thumbprint(this.#provider.pem),
          certificatePem: this.#provider.pem,
          issuerPems: [this.#root.pem],
        },
      ],
      managementRoot: {
        certificatePem: this.#management.pem,
        thumbprintSha256: thumbprint(this.#management.pem),
        notAfter: iso(now + 3300 * DAY_MS),
      },
      responseKey: {
        notBefore: iso(now - 6 * 3_600_000),
        notAfter: iso(now + 18 * 3_600_000),
        thumbprintSha256: sha256Of('response-key'),
      },
      tls: { notAfter: iso(now + 71 * DAY_MS), names: ['sanad.example.test'] },
      clock: {
        state: 'trusted',
        source: 'chrony',
        uncertaintyMs: 9,
        lastStepMs: null,
        measuredAt: iso(now - 8_000),
      },
      database: { state: 'ready' },
      version: '0.1.0',
    }
  }

  rootPem(): string {
    return this.#root.pem
  }
}

const thumbprint = (pem: string): string => sha256Of(new X509Certificate(pem).raw)
