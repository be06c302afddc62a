/**
 * The columns of an import file, and the headers by which people know them.
 *
 * A header is matched by its letters and digits alone: `Serial No.`, `SERIAL_NO*` and `serial no (required)` are one.
 */

/** In the order of the export. */
export const IMPORT_COLUMNS = [
  'serialNo',
  'make',
  'model',
  'deviceType',
  'deviceSubType',
  'level',
  'ftmCertificateSha256',
  'enrolmentSecretSha256',
  'group',
] as const
export type ImportColumn = (typeof IMPORT_COLUMNS)[number]

/** Columns of the export that say what became of a device; an import reads past them. */
export const EXPORT_ONLY_COLUMNS = ['state', 'approvedAt', 'registeredAt'] as const

/** Without these a row is no device. */
export const REQUIRED_COLUMNS = ['serialNo', 'make', 'model'] as const satisfies ImportColumn[]

/** In a mapping: this column is left out. */
export const LEFT_OUT = '-'
export type MappedColumn = ImportColumn | typeof LEFT_OUT

/** Beside the column’s own name; folded, as {@link fold} does, and in the languages of some who fill them in. */
const ALIASES: Readonly<Record<ImportColumn, string>> = {
  serialNo:
    'serial sn serialnr serialnum serialnumber serialcode serialid deviceserial deviceserialno deviceserialnumber devicesn seriennummer seriennr numerodeserie ndeserie nodeserie numeroserie',
  make: 'manufacturer maker brand devicemake makename hersteller marque marca fabricante',
  model: 'modelname modelno modelnumber modelnr devicemodel modell modele modelo',
  deviceType: 'type typeofdevice biometrictype modality typ tipo',
  deviceSubType: 'subtype devicesubtypecode biometricsubtype untertyp soustype subtipo',
  level: 'certification certificationlevel devicelevel securitylevel sbilevel niveau nivel',
  ftmCertificateSha256:
    'ftmsha256 ftmcertificate ftmcert ftmcertsha256 ftmcertificatehash ftmfingerprint ftmcertificatefingerprint ftmcertificatefingerprintsha256 ftmcertificatethumbprint chipsha256 chipcertificate chipcertificatesha256 chipfingerprint chipcertsha256',
  // Never “enrolment secret” alone: a column of that name holds the secrets themselves.
  enrolmentSecretSha256:
    'enrollmentsecretsha256 enrolmentsecrethash enrollmentsecrethash secretsha256',
  group: 'groupname devicegroup groupkey gruppe groupe grupo',
}

/** Letters and digits alone, without accents, remarks in brackets, and letter size. */
function fold(header: string): string {
  return header
    .replaceAll(/\([^()]*\)|\[[^[\]]*\]/g, '')
    .replaceAll('№', 'no')
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '')
}

const BY_HEADER: ReadonlyMap<string, MappedColumn> = new Map([
  ...IMPORT_COLUMNS.flatMap((column): [string, MappedColumn][] =>
    [column, ...ALIASES[column].split(' ')].map((name) => [fold(name), column]),
  ),
  ...EXPORT_ONLY_COLUMNS.map((name): [string, MappedColumn] => [fold(name), LEFT_OUT]),
])

/** Longer is no header. */
const LONGEST_HEADER = 200

/** What a header says that its column is; undefined where it says nothing known. An empty one is left out. */
export function matchHeader(header: string): MappedColumn | undefined {
  if (header.length > LONGEST_HEADER) return undefined
  // The sign of the number alone, as in “Serial #”, is folded away.
  const folded = fold(header)
  if (folded === '') return /^[\s\p{C}]*$/u.test(header) ? LEFT_OUT : undefined
  return BY_HEADER.get(folded)
}

/** Whether a text is the header of the serial numbers, repeated where a number should stand. */
export const isSerialNoHeader = (text: string): boolean => matchHeader(text) === 'serialNo'

export const isImportColumn = (text: string): text is ImportColumn =>
  (IMPORT_COLUMNS as readonly string[]).includes(text)
