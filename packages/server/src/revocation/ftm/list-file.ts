import { LARGEST_FTM_LIST } from '@sanad/protocol/operator-api/ftm-revocation'
import { SanadError } from '@sanad/protocol/text/problems'

/** A revocation list as it is handed over: DER, or PEM (RFC 7468) with the certificates of its issuer beside it. */
export interface ListFile {
  readonly list: Uint8Array
  /** DER, in any order. */
  readonly certificates: readonly Uint8Array[]
}

/** Between a list and the FTM provider; chains of chips are no longer either. */
const MOST_CERTIFICATES = 8

/** Tag of a SEQUENCE: what DER of a list begins with, and PEM cannot. */
const SEQUENCE = 0x30

/** @throws SanadError `ftm-revocation-list.malformed`, `ftm-revocation-list.too-large` */
export function readListFile(bytes: Uint8Array): ListFile {
  if (bytes.length > LARGEST_FTM_LIST) throw new SanadError('ftm-revocation-list.too-large')
  if (bytes[0] === SEQUENCE) return { list: bytes, certificates: [] }
  const text = Buffer.from(bytes).toString('latin1')
  const [list, more] = readBlocks(text, 'X509 CRL', 2)
  if (list === undefined) throw malformed('neither DER nor a block X509 CRL')
  if (more !== undefined) throw malformed('more than one list')
  const certificates = readBlocks(text, 'CERTIFICATE', MOST_CERTIFICATES + 1)
  if (certificates.length > MOST_CERTIFICATES) throw malformed('too many certificates')
  return { list, certificates }
}

/** Up to `most` of them. Text around the blocks is for people (RFC 7468 §2). */
function readBlocks(text: string, label: string, most: number): Uint8Array[] {
  const [begin, end] = [`-----BEGIN ${label}-----`, `-----END ${label}-----`]
  const blocks: Uint8Array[] = []
  for (let at = text.indexOf(begin); at !== -1 && blocks.length < most;) {
    const stop = text.indexOf(end, at)
    if (stop === -1) throw malformed('a block has no end')
    blocks.push(decodeBase64(text.slice(at + begin.length, stop)))
    at = text.indexOf(begin, stop)
  }
  return blocks
}

function decodeBase64(lines: string): Buffer {
  const base64 = lines.replaceAll(/[ \t\r\n]/g, '')
  const bytes = Buffer.from(base64, 'base64')
  // Node leaves out what is not base64; two readers must not see two lists.
  if (base64 === '' || bytes.toString('base64') !== base64) throw malformed('not base64')
  return bytes
}

const malformed = (detail: string): SanadError =>
  new SanadError('ftm-revocation-list.malformed', detail)
