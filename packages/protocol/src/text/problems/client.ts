import { row } from './row.ts'

/** What a management client meets. */
export const CLIENT_PROBLEMS = {
  'client.wrong-server': row(502, 'The answer is not from the pinned management server.'),
  'client.server-unreachable': row(502, 'The management server does not answer.', true),
  'client.sbi-not-readable': row(502, 'The SBI’s answer cannot be read.', true),
  'client.key-store-failed': row(500, 'The key store failed.', true),
  'client.state-damaged': row(500, 'The client’s stored state is damaged.'),
  'client.configuration-invalid': row(500, 'The client’s configuration is not valid.'),
  'client.internal': row(500, 'Something went wrong in the client.', true),
  'client.permissions-too-open': row(
    500,
    'A file or folder of the client can be read or changed by others.',
  ),
  'client.storage-failed': row(500, 'The client cannot read or write its folder.', true),
  'client.already-running': row(409, 'Another client uses this state folder.'),
  'client.answer-too-large': row(502, 'The answer is larger than the limit.', true),
  'client.certificate-refused': row(
    502,
    'The certificate is not for this device and its key.',
    true,
  ),
} as const
