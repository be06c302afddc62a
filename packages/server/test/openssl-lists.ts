import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Revocation lists as `openssl ca -gencrl` makes them: another hand than the one that reads them. */

export interface OpensslList {
  /** Files, PEM. */
  readonly certificate: string
  readonly key: string
  readonly number: number
  /** By serial number, upper-case hex; the reason as OpenSSL names it. */
  readonly revoked?: readonly { readonly serialNumber: string; readonly reason?: string }[]
  /** From now, where no times are given. */
  readonly days?: number
  /** Lines of its section of extensions. */
  readonly extensions?: readonly string[]
  /** `YYYYMMDDHHMMSSZ` */
  readonly from?: string
  readonly to?: string
}

/** `YYYYMMDDHHMMSSZ` */
export const opensslTime = (at: number): string =>
  `${new Date(at).toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`

/** @returns PEM */
export function gencrl(list: OpensslList): Buffer {
  const directory = mkdtempSync(join(tmpdir(), 'sanad-crl-'))
  const at = (name: string) => join(directory, name)
  try {
    const { revoked = [], extensions = ['authorityKeyIdentifier=keyid'] } = list
    writeFileSync(
      at('index.txt'),
      revoked.map(({ serialNumber, reason }) => lineOf(serialNumber, reason)).join(''),
    )
    const number = list.number.toString(16)
    writeFileSync(at('crlnumber'), `${number.length % 2 === 0 ? '' : '0'}${number}\n`)
    writeFileSync(
      at('ca.cnf'),
      [
        '[ca]',
        'default_ca=here',
        '[here]',
        `database=${at('index.txt')}`,
        `crlnumber=${at('crlnumber')}`,
        `certificate=${list.certificate}`,
        `private_key=${list.key}`,
        'default_md=sha256',
        'crl_extensions=extensions',
        '[extensions]',
        ...extensions,
        '',
      ].join('\n'),
    )
    const dates =
      list.from === undefined || list.to === undefined
        ? ['-crldays', String(list.days ?? 7)]
        : ['-crl_lastupdate', list.from, '-crl_nextupdate', list.to]
    execFileSync(
      'openssl',
      ['ca', '-gencrl', '-config', at('ca.cnf'), ...dates, '-out', at('list.pem')],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    )
    return readFileSync(at('list.pem'))
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const lineOf = (serialNumber: string, reason: string | undefined): string =>
  `R\t460101000000Z\t260101000000Z${reason === undefined ? '' : `,${reason}`}\t${serialNumber}\tunknown\t/CN=${serialNumber}\n`
