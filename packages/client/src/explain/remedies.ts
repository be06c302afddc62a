import type { SbiProblem } from '../discovery/reading.ts'
import type { Finding } from './explanation.ts'

/** By the problem with an answer as a whole. */
const REMEDIES: Partial<Record<SbiProblem, string>> = {
  'client.sbi-too-slow': 'Let the SBI answer within 5 s: it should not start its sensor first.',
  'client.sbi-answer-cut':
    'Let Content-Length count octets of UTF-8, not characters, and send the whole body.',
  'client.sbi-not-http':
    'Let the SBI speak HTTP/1.1 without TLS on this port, or look which program has it.',
  'client.sbi-not-json': 'Let the SBI answer with a JSON list; another program may have this port.',
  'client.sbi-status-refused': 'Let the SBI take the verb and the path, and answer with HTTP 200.',
  'client.sbi-signature-invalid':
    'Let the device key sign, and put its own certificate first into x5c.',
  'client.sbi-device-not-described': 'Let the device information describe this device, too.',
  'client.sbi-device-not-discovered': 'Let the discovery name this device, too.',
  'client.sbi-too-many-devices': 'Let one SBI name fewer devices.',
  'client.answer-too-large': 'Let the answer be smaller: a description has some kilobytes.',
  'client.sbi-not-readable':
    'Let the program answer: it closes the connection. A program that speaks TLS does so, too.',
}

export function remedyFor({ code, answer, field, should }: Finding): string {
  const remedy = Object.entries(REMEDIES).find(([known]) => known === code)?.[1]
  const place = field.startsWith('[') ? `Element ${field}` : field
  return remedy ?? `${place === '' ? `The ${answer}` : place} should be ${should}.`
}
