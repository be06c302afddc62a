import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { SanadError } from '@sanad/protocol/text/problems'
import { readName } from '@sanad/protocol/asn1/x509'
import { type ManagementRoot, loadManagementRoot } from '../certificates/management-root.ts'
import { ResponseKeys } from '../certificates/response-keys.ts'
import { TlsKeys } from '../certificates/tls-keys.ts'
import { hsmConfigOf } from '../hsm/hsm-of-config.ts'
import type { Hsm, HsmKey, KeyProof } from '../hsm/hsm.ts'
import { Pkcs11Hsm } from '../hsm/pkcs11-hsm.ts'
import { acceptedIn, describeExceptions, requireProven } from '../hsm/proof-verdict.ts'
import type { Clock } from '../platform/clock.ts'
import type { Closers } from '../platform/closers.ts'
import type { ServerConfig } from '../platform/config.ts'
import type { Database } from '../platform/database.ts'
import type { Logger } from '../platform/log.ts'
import { describeConnection, describeResponseKey, describeTlsKey, record } from './server-events.ts'

/** The keys that a server stands on: in the token, and those that the management root vouches for. */
export interface ServerTrust {
  readonly hsm: Pkcs11Hsm
  readonly keys: readonly HsmKey[]
  readonly proofs: readonly KeyProof[]
  readonly root: ManagementRoot
  readonly responseKeys: ResponseKeys
  readonly tlsKeys: TlsKeys
}

interface TrustSetting {
  readonly config: ServerConfig
  readonly database: Database
  readonly clock: Clock
  readonly log: Logger
  readonly closers: Closers
}

/** @throws SanadError `server.configuration-invalid`, `hsm.*` */
export async function openTrust({
  config,
  database,
  clock,
  log,
  closers,
}: TrustSetting): Promise<ServerTrust> {
  const { dataDirectory, tls } = config
  const root = await loadManagementRoot(dataDirectory)
  requireOwnRoot(root, config)
  const hsm = await Pkcs11Hsm.open(hsmConfigOf(config))
  closers.add(() => hsm.close())
  const { keys, proofs } = await proveKeys(hsm)
  await record(database, describeConnection(hsm, keys))
  for (const event of describeExceptions(hsm, acceptedIn(proofs), 'server'))
    await record(database, event)
  const responseKeys = await ResponseKeys.open({
    hsm,
    root,
    clock,
    onCertified: (key) => record(database, describeResponseKey(key)),
    onFailed: (error) => log.warn({ err: error }, 'the response key could not be renewed'),
  })
  closers.add(() => responseKeys.close())
  const tlsKeys = await TlsKeys.open({
    hsm,
    root,
    clock,
    names: tls.names,
    dataDirectory,
    onCertified: (key) => record(database, describeTlsKey(key)),
    onFailed: (error) => log.warn({ err: error }, 'the TLS key could not be renewed'),
  })
  closers.add(() => tlsKeys.close())
  return { hsm, keys, proofs, root, responseKeys, tlsKeys }
}

function requireOwnRoot({ certificate }: ManagementRoot, { organisation }: ServerConfig): void {
  const [own] = readName(certificate.subject, OID.organisation)
  if (own !== organisation)
    throw new SanadError(
      'server.configuration-invalid',
      'the management root is another organisation’s',
    )
}

async function proveKeys(hsm: Hsm): Promise<Pick<ServerTrust, 'keys' | 'proofs'>> {
  const keys = await hsm.listKeys()
  const proofs = await hsm.proveKeys()
  requireProven(proofs)
  return { keys, proofs }
}
