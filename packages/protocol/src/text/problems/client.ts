import { row } from './row.ts'

/** What a management client meets. */
export const CLIENT_PROBLEMS = {
  'client.wrong-server': row(502, 'The answer is not from the pinned management server.'),
  'client.server-unreachable': row(502, 'The management server does not answer.', true),
  'client.server-certificate-outside-dates': row(
    502,
    'The server’s TLS certificate has expired, or is not valid yet by the time that this client trusts.',
    true,
  ),
  'client.tls-intercepted': row(
    502,
    'Something between this computer and the server opens TLS: it answers with a certificate of its own.',
    true,
  ),
  'client.not-a-management-server': row(
    502,
    'What answers at the server’s address is not a Sanad management server.',
    true,
  ),
  'client.sbi-not-readable': row(502, 'The SBI’s answer cannot be read.', true),
  'client.sbi-too-slow': row(504, 'The SBI did not answer in time.', true),
  'client.sbi-answer-cut': row(502, 'The SBI’s answer ended before its end.', true),
  'client.sbi-not-http': row(502, 'What the SBI sent is not HTTP.', true),
  'client.sbi-not-json': row(502, 'The SBI’s answer is not JSON.', true),
  'client.sbi-status-refused': row(502, 'The SBI answered with an HTTP error.', true),
  'client.sbi-field-refused': row(
    502,
    'A field of the SBI’s answer is missing or cannot be used.',
    true,
  ),
  'client.sbi-signature-invalid': row(
    502,
    'The SBI’s description of a device is not signed by the key in its certificate.',
    true,
  ),
  'client.sbi-device-not-described': row(
    502,
    'The SBI names a device at discovery and leaves it out of its device information.',
    true,
  ),
  'client.sbi-device-not-discovered': row(
    502,
    'The SBI describes a device that it leaves out at discovery.',
    true,
  ),
  'client.sbi-device-twice': row(502, 'The SBI names the same device twice.', true),
  'client.sbi-too-many-devices': row(502, 'The SBI names more devices than the limit.', true),
  'client.sbi-wrong-address': row(
    502,
    'The SBI does not listen at 127.0.0.1, where MOSIP looks for it.',
    true,
  ),
  'client.key-store-failed': row(500, 'The key store failed.', true),
  'client.host-changed': row(
    500,
    'This computer’s identity differs from the one that the keys were sealed with.',
    true,
  ),
  'client.state-damaged': row(500, 'The client’s stored state is damaged.'),
  'client.configuration-invalid': row(500, 'The client’s configuration is not valid.'),
  'client.internal': row(500, 'Something went wrong in the client.', true),
  'client.permissions-too-open': row(
    500,
    'A file or folder of the client can be read or changed by others.',
  ),
  'client.storage-failed': row(500, 'The client cannot read or write its files.', true),
  'client.already-running': row(409, 'Another client uses this state folder.'),
  'client.answer-too-large': row(502, 'The answer is larger than the limit.', true),
  'client.certificate-refused': row(
    502,
    'The certificate is not for this device and its key.',
    true,
  ),
} as const
