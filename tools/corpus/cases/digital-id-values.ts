import { both, deviceRefused, deviceWith, group, inBoth, met, ready, unseen } from '../case.ts'
import {
  type Claims,
  FACE,
  type Members,
  SLAP,
  discovered,
  encode,
  registered,
  unregistered,
  unregisteredDiscovered,
} from '../device.ts'

/** The same device with other claims, in both answers. */
const claiming = (changes: Members): Claims => ({ ...SLAP, ...changes })

const HUGE_NUMBER = '90071992547409931234'
/** JavaScript has no such number: it is written into the text. */
const NUMBERED = encode(JSON.stringify(claiming({ serialNo: '@' })).replace('"@"', HUGE_NUMBER))
const SPACED: Claims = { ...SLAP, serialNo: `${SLAP.serialNo}  ` }
const LONG: Claims = { ...SLAP, serialNo: 'EXC'.padEnd(80, '0') }

/** Values in the digital ID; values of the device's entry are in values.ts. */
export const DIGITAL_ID_VALUES = group('values', [
  {
    name: 'number-as-serial-number',
    about: 'The serial number is a number with more digits than a double holds.',
    answers: {
      MOSIPDISC: { text: JSON.stringify([unregisteredDiscovered(SLAP, { digitalId: NUMBERED })]) },
      MOSIPDINFO: { json: [unregistered(SLAP, { digitalId: NUMBERED })] },
    },
    client: {
      devices: [{ ...met(inBoth('digitalId.serialNo json-type')), serialNo: HUGE_NUMBER }],
    },
    registrationClient: [{ serialNo: HUGE_NUMBER, verdict: 'unseen', why: 'not-signed' }],
  },
  {
    name: 'type-in-other-letters',
    about:
      'The digital ID says “finger” and “SLAP”. The registration client looks for these words in any letters.',
    answers: deviceWith({ claims: claiming({ type: 'finger', deviceSubType: 'SLAP' }) }),
    client: {
      devices: [met(inBoth('digitalId.type case', 'digitalId.deviceSubType case'))],
    },
    registrationClient: [ready()],
  },
  {
    name: 'type-fingerprint',
    about: 'The digital ID says “Fingerprint”, as 0.9.2 has it.',
    answers: deviceWith({ claims: claiming({ type: 'Fingerprint' }) }),
    client: {
      devices: [met(inBoth('digitalId.type older-value'))],
    },
    registrationClient: [ready()],
  },
  {
    name: 'type-by-code',
    about: 'The digital ID says “FIR”, the code of a fingerprint record.',
    answers: deviceWith({ claims: claiming({ type: 'FIR' }) }),
    client: {
      devices: [met(inBoth('digitalId.type older-value'))],
    },
    registrationClient: [ready()],
  },
  {
    name: 'type-unknown',
    about: 'The digital ID says “Palm”.',
    answers: deviceWith({ claims: claiming({ type: 'Palm' }) }),
    client: {
      refused: deviceRefused('digitalId.type'),
    },
    registrationClient: [unseen('type-unknown')],
  },
  {
    name: 'sub-type-touchless',
    about:
      'A contactless finger device: the specification has “Touchless”, the registration client has no such modality.',
    answers: deviceWith({ claims: claiming({ deviceSubType: 'Touchless' }) }),
    client: { devices: [met()] },
    registrationClient: [unseen('type-unknown')],
  },
  {
    name: 'milliseconds-in-digital-id',
    about:
      'dateTime has milliseconds, as SBIs of the 1.1.5 generation write it. The registration processor refuses packets with it.',
    answers: deviceWith({ claims: claiming({ dateTime: '2026-11-30T12:00:00.123Z' }) }),
    client: {
      devices: [met(inBoth('digitalId.dateTime time-form'))],
    },
    registrationClient: [ready()],
  },
  {
    name: 'offset-in-digital-id',
    about: 'dateTime is of a time zone, as the specification had it until April 2021.',
    answers: deviceWith({ claims: claiming({ dateTime: '2026-11-30T17:30:00+05:30' }) }),
    client: {
      devices: [met(inBoth('digitalId.dateTime time-form'))],
    },
    registrationClient: [ready()],
  },
  {
    name: 'epoch-in-digital-id',
    about: 'dateTime is a number of milliseconds since 1970.',
    answers: deviceWith({ claims: claiming({ dateTime: 1_796_040_000_000 }) }),
    client: {
      devices: [met(inBoth('digitalId.dateTime json-type', 'digitalId.dateTime time-form'))],
    },
    registrationClient: [ready()],
  },
  {
    name: 'time-missing-in-digital-id',
    about: 'The digital ID has no dateTime.',
    answers: deviceWith({ claims: claiming({ dateTime: undefined }) }),
    client: {
      devices: [met(inBoth('digitalId.dateTime absent'))],
    },
    registrationClient: [ready()],
  },
  {
    name: 'empty-provider-id',
    about: 'Three devices; the second has an empty deviceProviderId. The others are met.',
    answers: both(
      [discovered(SLAP), discovered({ ...FACE, deviceProviderId: '' })],
      [registered(SLAP), registered({ ...FACE, deviceProviderId: '' })],
    ),
    client: {
      devices: [met()],
      refused: deviceRefused('digitalId.deviceProviderId', FACE),
    },
    registrationClient: [ready(), ready(FACE)],
  },
  {
    name: 'serial-number-with-spaces',
    about: 'The serial number ends in spaces, from a field of fixed length.',
    answers: deviceWith({ claims: SPACED }),
    client: { devices: [met([], SPACED)] },
    registrationClient: [ready(SPACED)],
  },
  {
    name: 'serial-number-too-long',
    about: 'The serial number has 80 characters; MOSIP stored 64.',
    answers: deviceWith({ claims: LONG }),
    client: {
      refused: deviceRefused('digitalId.serialNo', LONG),
    },
    registrationClient: [ready(LONG)],
  },
  {
    name: 'digital-ids-differ',
    about:
      'MOSIPDISC and MOSIPDINFO name different makes for one serial number. What is signed counts.',
    answers: both([discovered({ ...SLAP, make: 'Exemplar' })], [registered(SLAP)]),
    client: { devices: [met(['discovery digitalId.make other-answer'])] },
    registrationClient: [ready()],
  },
])
