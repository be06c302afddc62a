import type { LeakKind } from '@sanad/protocol/domain/leak-tripwire'

/**
 * Where long encoded bytes are ours, and why. Only length is excused: a record or an image is a leak anywhere.
 */

const EXCUSED: ReadonlySet<LeakKind> = new Set(['encoded-bytes', 'token', 'capture-member'])

export interface KnownPlace {
  readonly place: RegExp
  readonly why: string
}

const column = (name: string, why: string): KnownPlace => ({
  place: new RegExp(`^${name.replaceAll('.', String.raw`\.`)}(?:\\[\\])*$`),
  why,
})

export const KNOWN_COLUMNS: readonly KnownPlace[] = [
  column('ftm_provider.certificate', 'certificate of an FTM provider'),
  column('provider_certificate.der', 'certificate that MOSIP signed'),
  column('provider_certificate.issuers', 'certificates above it'),
  column('certificate_intent.tbs', 'certificate that is about to be signed'),
  column('device_certificate.der', 'certificate of a device'),
  column('revocation_list.der', 'revocation list'),
  column('command_key_certificate.der', 'certificate of the command key'),
  column('key_purge.statement', 'purge certificate, signed by the device'),
  column('command.statement', 'command, signed by the command key'),
  column('command.signing_input', 'command that is about to be signed'),
  column('clock_reset.statement', 'order to set a clock back, signed by the command key'),
  column('clock_reset.former_statement', 'the same, under a certificate of the former identifiers'),
  column('command.report', 'report on a command, signed by the device'),
]

const KNOWN_PLACES: readonly KnownPlace[] = [
  ...KNOWN_COLUMNS,
  { place: /\.certificateChain\[\]$/, why: 'certificates in an answer or in a client’s state' },
  { place: /(?:^|\/)devices\/.*\.state.*\.certificates\[\]$/, why: 'certificates of the device' },
  {
    place: /(?:^|\/)devices\/.*\.state\.pending\.(?:text|signedDigitalId)$/,
    why: 'a message of the client that waits for its answer, signed and sealed',
  },
  { place: /(?:^|\/)keys\/.*\.certificates\[\]$/, why: 'certificates of the device' },
  { place: /(?:^|\/)keys\/.*\.sealed\.ciphertext$/, why: 'a device key, sealed' },
  { place: /(?:^|\/)time-receipts.*\.statement$/, why: 'time, signed by the server' },
  { place: /(?:^|\/)time-receipts.*\.reset$/, why: 'the order by which a time went back, signed' },
  { place: /\/chip\/key-table\.json.*\.certificates\[\]$/, why: 'certificates in the chip' },
  { place: /^devices\/factory-manifest\.jws$/, why: 'devices of a factory, signed by it' },
  { place: /^server\/trust\/transcript-[^/]*\.jws$/, why: 'transcript of a ceremony, signed' },
]

export const isKnownPlace = (place: string, kind: LeakKind): boolean =>
  EXCUSED.has(kind) && KNOWN_PLACES.some((known) => known.place.test(place))
