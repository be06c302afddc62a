import { spawnSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Reason } from '@sanad/protocol/domain/reasons'
import { StandInCountry } from '../../simulator/src/country/stand-in-country.ts'
import { encodePem } from '../src/certificates/der/pem.ts'
import {
  type RevocationList,
  parseRevocationList,
} from '../src/certificates/der/revocation-list.ts'
import { revokeCertificate } from '../src/certificates/revoke-certificate.ts'
import type { DeviceCertificate } from '../src/certificates/device-certificate-store.ts'
import type { HsmConfig } from '../src/hsm/hsm-config.ts'
import type { Hsm } from '../src/hsm/hsm.ts'
import { makeLogger } from '../src/platform/log.ts'
import { RevocationLists } from '../src/revocation/revocation-lists.ts'
import type { RevocationListTable } from '../src/revocation/revocation-tables.ts'
import { POLICY, type TestIssuance, startTestIssuance } from './test-issuance.ts'

/** Lists of a real issuer, and OpenSSL to judge them. */
export interface TestRevocation extends AsyncDisposable {
  readonly issuance: TestIssuance
  readonly lists: RevocationLists
  readonly country: StandInCountry
  listsWith(hsm: Pick<Hsm, 'signRevocationList'>): RevocationLists
  readonly revoke: (certificate: DeviceCertificate, reason?: Reason) => Promise<void>
  /** All rows, by shard. */
  readRows(): Promise<readonly RevocationListTable[]>
  readRow(shard: number): Promise<RevocationListTable>
  read(shard: number): Promise<RevocationList>
  /** Keeps it as a PEM file. @returns its path */
  readonly keep: (
    name: string,
    label: 'CERTIFICATE' | 'X509 CRL',
    der: Uint8Array,
  ) => Promise<string>
  readonly keepPem: (name: string, pem: string) => Promise<string>
  keepList(shard: number): Promise<string>
}

export async function startTestRevocation(
  config: Partial<HsmConfig> = {},
): Promise<TestRevocation> {
  const issuance = await startTestIssuance(config)
  const { db, trust, providers, clock } = issuance
  const { database } = db
  const country = await StandInCountry.open(join(trust.directory, 'country'))
  const log = makeLogger('silent')
  const listsWith = (hsm: Pick<Hsm, 'signRevocationList'>) =>
    new RevocationLists({
      database,
      hsm,
      providers,
      clock: () => clock.now,
      log,
      baseUrl: POLICY.crlBaseUrl,
    })
  const readRows = () =>
    database.selectFrom('revocation_list').selectAll().orderBy('shard').execute()
  const readRow = (shard: number) =>
    database
      .selectFrom('revocation_list')
      .selectAll()
      .where('shard', '=', shard)
      .executeTakeFirstOrThrow()
  const keepPem = async (name: string, pem: string) => {
    const path = join(trust.directory, `judged-${name}.pem`)
    await writeFile(path, pem)
    return path
  }
  const keep: TestRevocation['keep'] = (name, label, der) => keepPem(name, encodePem(label, der))
  return {
    issuance,
    lists: listsWith(trust.hsm),
    country,
    listsWith,
    revoke: ({ deviceId, serialNumber }, reason = 'stolen') =>
      revokeCertificate(
        database,
        { deviceId, serialNumber, reason, actor: 'command-line' },
        clock.now,
      ),
    readRows,
    readRow,
    read: async (shard) => parseRevocationList((await readRow(shard)).der),
    keep,
    keepPem,
    keepList: async (shard) => keep(`list-${shard}`, 'X509 CRL', (await readRow(shard)).der),
    [Symbol.asyncDispose]: () => issuance[Symbol.asyncDispose](),
  }
}

export const shardOf = ({ serialNumber }: Pick<DeviceCertificate, 'serialNumber'>): number =>
  Number.parseInt(serialNumber.slice(-4), 16) % 128

/** What OpenSSL says, be it a refusal. */
export function openssl(...words: readonly string[]): string {
  const { stdout, stderr } = spawnSync('openssl', words, { encoding: 'utf8' })
  return stdout + stderr
}

/** The request that the ceremony wrote for the country. */
export const readProviderRequest = ({ issuance }: TestRevocation): Promise<string> =>
  readFile(join(issuance.trust.directory, 'trust', 'provider.csr.pem'), 'utf8')
