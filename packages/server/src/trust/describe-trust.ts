import { X509Certificate } from 'node:crypto'
import type {
  HsmKeyView,
  ProviderCertificateView,
  TrustView,
} from '@sanad/protocol/operator-api/trust'
import { thumbprintOf } from '@sanad/protocol/wire/envelope/certificates'
import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import { sql } from 'kysely'
import type { ManagementRoot } from '../certificates/management-root.ts'
import { encodePem } from '../certificates/der/pem.ts'
import type {
  ProviderCertificate,
  ProviderCertificates,
} from '../certificates/provider-certificates.ts'
import type { ResponseKeys } from '../certificates/response-keys.ts'
import type { TlsKeys } from '../certificates/tls-keys.ts'
import type { Hsm, HsmKey, KeyProof } from '../hsm/hsm.ts'
import type { ServerConfig } from '../platform/config.ts'
import type { Database } from '../platform/database.ts'
import type { ClockReport, ClockWatch } from '../time/clock-watch.ts'

export interface TrustParts {
  readonly config: ServerConfig
  readonly version: string
  readonly hsm: Hsm
  /** Read from the token and proven at start. */
  readonly keys: readonly HsmKey[]
  readonly proofs: readonly KeyProof[]
  readonly providers: ProviderCertificates
  readonly root: ManagementRoot
  readonly responseKeys: ResponseKeys
  readonly tlsKeys: TlsKeys
  readonly database: Database
  readonly clockWatch: ClockWatch
}

/** What the trust stands on now; asks nothing of the HSM, so that looking at it costs no signature. */
export async function describeTrust(parts: TrustParts): Promise<TrustView> {
  const { config, version, root, responseKeys, tlsKeys, providers } = parts
  const { certificate, notBefore, notAfter } = responseKeys.current()
  return {
    serverId: config.serverId,
    organisation: config.organisation,
    mode: config.mode,
    hsm: describeHsm(parts),
    providerCertificates: providers.list().map(describeProvider),
    managementRoot: {
      certificatePem: encodePem('CERTIFICATE', root.certificate.der),
      thumbprintSha256: thumbprintOf(root.certificate.der),
      notAfter: formatTimestamp(root.certificate.notAfter),
    },
    responseKey: {
      notBefore: formatTimestamp(notBefore),
      notAfter: formatTimestamp(notAfter),
      thumbprintSha256: thumbprintOf(certificate),
    },
    tls: { notAfter: formatTimestamp(tlsKeys.current().notAfter), names: config.tls.names },
    clock: describeClock(parts.clockWatch.report()),
    database: { state: await checkDatabase(parts.database) },
    version,
  }
}

const describeClock = (report: ClockReport): TrustView['clock'] => ({
  state: report.state,
  source: report.source,
  uncertaintyMs: report.uncertaintyMs ?? null,
  lastStepMs: report.lastStepMs ?? null,
  measuredAt: formatTimestamp(report.measuredAt),
})

function describeHsm({ hsm, config, keys, proofs }: TrustParts): TrustView['hsm'] {
  const { state, token, queued, sessions, restarts, since } = hsm.health()
  const { fipsCertificate } = config.hsm
  return {
    state,
    token:
      token === undefined
        ? null
        : {
            label: token.label,
            manufacturer: token.manufacturer,
            model: token.model,
            serialNumber: token.serialNumber,
            firmwareVersion: token.firmwareVersion,
          },
    fipsCertificate:
      fipsCertificate === undefined
        ? null
        : `${fipsCertificate.standard} Level ${fipsCertificate.level}, certificate ${fipsCertificate.number}`,
    queued,
    sessions,
    restarts,
    since: formatTimestamp(since),
    keys: keys.map((key) => describeKey(key, proofs)),
  }
}

function describeKey(
  { purpose, label, id, modulusBits }: HsmKey,
  proofs: readonly KeyProof[],
): HsmKeyView {
  const proof = proofs.find((candidate) => candidate.label === label)
  return {
    purpose,
    label,
    id,
    modulusBits,
    isProven: proof?.holds ?? false,
    failures: [...(proof?.failures ?? [])],
  }
}

function describeProvider({
  id,
  country,
  environment,
  certificate,
  issuers,
}: ProviderCertificate): ProviderCertificateView {
  const { subject, issuer } = new X509Certificate(certificate.der)
  return {
    providerCertificateId: id,
    country,
    environment,
    subject: subject.replaceAll('\n', ', '),
    issuer: issuer.replaceAll('\n', ', '),
    notBefore: formatTimestamp(certificate.notBefore),
    notAfter: formatTimestamp(certificate.notAfter),
    thumbprintSha256: thumbprintOf(certificate.der),
    certificatePem: encodePem('CERTIFICATE', certificate.der),
    issuerPems: issuers.map((der) => encodePem('CERTIFICATE', der)),
  }
}

async function checkDatabase(database: Database): Promise<'ready' | 'unavailable'> {
  return sql`select 1`.execute(database).then(
    () => 'ready' as const,
    () => 'unavailable' as const,
  )
}
