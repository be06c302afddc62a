import { both, group, met, ready, refused, unseen } from '../case.ts'
import {
  FACE,
  type Members,
  SLAP,
  type Signature,
  described,
  discovered,
  element,
  encode,
  registered,
  signed,
  without,
} from '../device.ts'
import { CERTIFICATES } from '../keys.ts'

/** Description and digital ID signed in the same odd way. */
const allSigned = (how: Signature) =>
  both([discovered(SLAP)], [registered(SLAP, { digitalId: signed(SLAP, how) }, how)])

const header = (change: (header: Members) => Members) => allSigned({ header: change })

/** Met, although these members of both JWS headers are odd. */
const oddHeader = (...members: readonly string[]) =>
  met(
    ['deviceInfo', 'digitalId'].flatMap((part) =>
      members.map((member) => `information ${part}.header.${member} jws-header`),
    ),
  )

const [first = '', second = '', third = ''] = signed(described(SLAP)).split('.')

export const SIGNATURES = group('signatures', [
  {
    name: 'header-without-typ',
    about: 'The JWS headers have no typ, as SBIs of the 1.1.5 generation write them.',
    answers: header((right) => without(right, 'typ')),
    client: {
      devices: [oddHeader('typ')],
    },
    registrationClient: [ready()],
  },
  {
    name: 'header-with-type',
    about:
      'The JWS headers have “type” in place of “typ”, as the specification had it until December 2020.',
    answers: header((right) => ({ ...without(right, 'typ'), type: 'JWT' })),
    client: {
      devices: [oddHeader('typ', 'type')],
    },
    registrationClient: [ready()],
  },
  {
    name: 'header-typ-in-small-letters',
    about: 'typ is “jwt”.',
    answers: header((right) => ({ ...right, typ: 'jwt' })),
    client: {
      devices: [oddHeader('typ')],
    },
    registrationClient: [ready()],
  },
  {
    name: 'header-with-kid',
    about: 'The JWS headers name the key by kid, as MOSIP’s own key manager does.',
    answers: header((right) => ({ ...right, kid: 'device-key-1' })),
    client: {
      devices: [oddHeader('kid')],
    },
    registrationClient: [ready()],
  },
  {
    name: 'header-with-thumbprint',
    about: 'The JWS headers have x5t#S256 beside x5c.',
    answers: header((right) => ({
      ...right,
      'x5t#S256': 'aFJgnk9JCVmMGYXBm8WE4XRmWmPZPSpXIZdPHFIVA_A',
    })),
    client: {
      devices: [oddHeader('x5t#S256')],
    },
    registrationClient: [ready()],
  },
  {
    name: 'x5c-as-text',
    about: 'x5c is one text in place of a list.',
    answers: header((right) => ({ ...right, x5c: CERTIFICATES.device.toString('base64') })),
    client: { devices: [met(['information deviceInfo.header.x5c certificate-form'])] },
    registrationClient: [ready()],
  },
  {
    name: 'x5c-with-chain',
    about: 'x5c has the certificate of the provider behind that of the device.',
    answers: allSigned({ certificates: [CERTIFICATES.device, CERTIFICATES.provider] }),
    client: { devices: [met()] },
    registrationClient: [ready()],
  },
  {
    name: 'x5c-root-first',
    about:
      'x5c begins with the provider’s certificate: the first is the one that must have signed.',
    answers: allSigned({ certificates: [CERTIFICATES.provider, CERTIFICATES.device] }),
    client: { refused: [refused('signature-invalid', 'information deviceInfo', SLAP.serialNo)] },
    registrationClient: [unseen('signature-invalid')],
  },
  {
    name: 'x5c-empty',
    about: 'x5c is an empty list.',
    answers: allSigned({ certificates: [] }),
    client: {
      refused: [refused('field-refused', 'information deviceInfo.header.x5c', SLAP.serialNo)],
    },
    registrationClient: [unseen('signature-invalid')],
  },
  {
    name: 'x5c-missing',
    about: 'The JWS headers have no x5c; kid alone does not say whose key it is.',
    answers: header((right) => ({ ...without(right, 'x5c'), kid: 'device-key-1' })),
    client: {
      refused: [refused('field-refused', 'information deviceInfo.header.x5c', SLAP.serialNo)],
    },
    registrationClient: [unseen('signature-invalid')],
  },
  {
    name: 'x5c-not-a-certificate',
    about: 'x5c has a public key in place of a certificate.',
    answers: header((right) => ({ ...right, x5c: ['MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A'] })),
    client: {
      refused: [refused('field-refused', 'information deviceInfo.header.x5c', SLAP.serialNo)],
    },
    registrationClient: [unseen('signature-invalid')],
  },
  {
    name: 'algorithm-none',
    about: 'alg is “none”, and the signature is empty.',
    answers: both(
      [discovered(SLAP)],
      [element(`${encode({ alg: 'none', typ: 'JWT' })}.${encode(described(SLAP))}.`)],
    ),
    client: {
      refused: [refused('field-refused', 'information deviceInfo.header.alg', SLAP.serialNo)],
    },
    registrationClient: [unseen('signature-invalid')],
  },
  {
    name: 'algorithm-in-small-letters',
    about: 'alg is “rs256”.',
    answers: header((right) => ({ ...right, alg: 'rs256' })),
    client: {
      refused: [refused('field-refused', 'information deviceInfo.header.alg', SLAP.serialNo)],
    },
    registrationClient: [unseen('signature-invalid')],
  },
  {
    name: 'header-with-critical-extension',
    about: 'The header demands by “crit” what nobody knows (RFC 7515).',
    answers: header((right) => ({ ...right, crit: ['exp'], exp: 1 })),
    client: {
      refused: [refused('field-refused', 'information deviceInfo.header.crit', SLAP.serialNo)],
    },
    registrationClient: [unseen('signature-invalid')],
  },
  {
    name: 'signature-wrong',
    about: 'The description was changed after it was signed.',
    answers: both(
      [discovered(SLAP)],
      [element(`${first}.${encode(described(SLAP, { firmware: '9.9.9' }))}.${third}`)],
    ),
    client: { refused: [refused('signature-invalid', 'information deviceInfo', SLAP.serialNo)] },
    registrationClient: [unseen('signature-invalid')],
  },
  {
    name: 'signature-missing',
    about: 'The description has a header and no signature.',
    answers: both([discovered(SLAP)], [element(`${first}.${second}.`)]),
    client: { refused: [refused('signature-invalid', 'information deviceInfo', SLAP.serialNo)] },
    registrationClient: [unseen('signature-invalid')],
  },
  {
    name: 'certificate-self-signed',
    about:
      'The SBI made its certificate itself, as one page of MOSIP’s documentation has it. No device provider stands above it.',
    answers: allSigned({ certificates: [CERTIFICATES.selfSignedDevice] }),
    client: { devices: [met()] },
    registrationClient: [unseen('not-trusted')],
  },
  {
    name: 'certificate-expired',
    about: 'The device certificate ended years ago.',
    answers: allSigned({ certificates: [CERTIFICATES.expiredDevice] }),
    client: { devices: [met()] },
    registrationClient: [unseen('certificate-expired')],
  },
  {
    name: 'digital-id-unsigned-when-registered',
    about:
      'The description is signed and the digital ID in it is not. The registration client gives up at this device, and at all after it.',
    answers: both(
      [discovered(SLAP), discovered(FACE)],
      [registered(SLAP, { digitalId: encode(SLAP) }), registered(FACE)],
    ),
    client: { devices: [met(), met([], FACE)] },
    registrationClient: [unseen('digital-id-not-signed'), unseen('neighbour', FACE)],
  },
  {
    name: 'digital-id-of-a-chip-with-milliseconds',
    about:
      'The chip signs a digital ID whose time has milliseconds. Discovery takes it; the management server, which believes the chip alone, does not.',
    answers: both(
      [discovered(SLAP, { certification: 'L1' })],
      [
        registered(SLAP, {
          certification: 'L1',
          digitalId: signed({ ...SLAP, dateTime: '2026-11-30T12:00:00.123Z' }, { key: 'chip' }),
        }),
      ],
    ),
    client: { devices: [met(['information digitalId.dateTime time-form'], SLAP, 'L1')] },
    registrationClient: [ready()],
  },
  {
    name: 'digital-id-signed-by-another-chip',
    about: 'The digital ID is signed with a key that is not the one of its certificate.',
    answers: both(
      [discovered(SLAP, { certification: 'L1' })],
      [
        registered(SLAP, {
          certification: 'L1',
          digitalId: signed(SLAP, { key: 'device', certificates: [CERTIFICATES.chip] }),
        }),
      ],
    ),
    client: { devices: [met([], SLAP, 'L1')] },
    registrationClient: [unseen('signature-invalid')],
  },
])
