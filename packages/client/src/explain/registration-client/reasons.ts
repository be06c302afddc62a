/**
 * Why MOSIP's registration client does not list a device, or does not capture from it. Read from its source (MF §4.5):
 * `MosipDeviceSpecificationFactory`, `MosipDeviceSpecificationHelper`, its classes for 0.9.5 and 1.0, and their DTOs,
 * which Jackson fills.
 */
export const REASONS = {
  'no-connection': 'Nothing answers at 127.0.0.1 on this port.',
  'hung-up': 'The program closes the connection before it answers.',
  'not-http': 'What came is not HTTP.',
  'answer-late': 'The answer to MOSIPDINFO comes after 5 s, the limit as it is shipped.',
  'answer-cut': 'The answer ends before its end.',
  'answer-too-large': 'The answer is larger than this page reads; that client has no limit.',
  'info-not-answered': 'It sends MOSIPDINFO /info, never SBIINFO, and got no list.',
  'not-json': 'It cannot read the answer as JSON.',
  'not-a-list': 'Its class expects a list of objects with deviceInfo and error.',
  'member-unknown': 'Its class has no such member, and it then reads nothing of the text.',
  'wrong-json-type': 'Its class has another JSON type for the member.',
  'null-element': 'An element of the list is null; it stops there.',
  'not-described': 'MOSIPDINFO leaves the device out.',
  'not-signed': 'deviceInfo is not signed. A device appears once it is registered.',
  'signature-invalid': 'The signature does not verify with the certificate in x5c.',
  'certificate-expired': 'The certificate in x5c is outside its dates.',
  'not-trusted': 'The certificate in x5c is self-signed: MOSIP trusts no issuer of it.',
  'digital-id-not-signed': 'The digital ID in deviceInfo is not signed; it stops there.',
  neighbour: 'A device before it in the same answer stops the reading.',
  'edition-unknown': 'It has no class for the highest edition in specVersion.',
  'type-unknown': 'type and deviceSubType give none of its modalities.',
  'not-ready': 'deviceStatus of MOSIPDISC is not Ready.',
  'discovery-differs':
    'MOSIPDISC has no element with the same certification, deviceCode and deviceId.',
  'discovery-not-answered':
    'Before it uses a device it asks by the verb of the highest edition, and got no list.',
  'discovery-not-readable': 'Its class cannot read the answer to discovery.',
} as const satisfies Readonly<Record<string, string>>

export type Reason = keyof typeof REASONS
