import type { IncomingHttpHeaders } from 'node:http'
import { IDENTIFIERS_HEADER, type IdentifierForm } from '@sanad/protocol/asn1/object-identifiers'

const NAME = IDENTIFIERS_HEADER.name.toLowerCase()

/** Clients from before docs/adr/0010 send no such header and read the former form only. */
export const askedForm = (headers: IncomingHttpHeaders): IdentifierForm =>
  headers[NAME] === IDENTIFIERS_HEADER.value ? 'current' : 'former'
