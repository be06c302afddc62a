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
    'serial sn serialnr serialnum serialnumber serialcode serialid deviceserial deviceserialno deviceserialnumber devicesn seriennummer seriennr numerodeserie ndeserie nodeserie numeroserie noserie nserie numerodiserie numeroseriale matricola serienummer serienr serieno serinumarası serino nomorseri numerseryjny серийныйномер заводскойномер 序列号 序列號 シリアル番号 シリアルナンバー 일련번호 الرقمالتسلسلي رقمالتسلسل सीरियलनंबर',
  make: 'manufacturer maker brand devicemake makename hersteller marque marca fabricante mfr mfg manufacturername fabricant fabrikant merk produttore produsen merek marka üretici производитель марка 制造商 厂商 品牌 メーカー 제조사 الشركةالمصنعة المصنع العلامةالتجارية निर्माता ब्रांड',
  model:
    'modelname modelno modelnumber modelnr devicemodel modell modele modelo modelcode modello модель 型号 型號 モデル 型番 모델 الطراز الموديل طراز मॉडल',
  deviceType:
    'type typeofdevice biometrictype modality typ tipo gerätetyp geräteart typedappareil typedispositif tipodedispositivo tipodispositivo типустройства 设备类型 نوعالجهاز',
  deviceSubType:
    'subtype devicesubtypecode biometricsubtype untertyp soustype subtipo geräteuntertyp soustypedappareil subtipodedispositivo',
  level:
    'certification certificationlevel devicelevel securitylevel sbilevel niveau nivel livello stufe уровень 级别 المستوى स्तर',
  ftmCertificateSha256:
    'ftmsha256 ftmcertificate ftmcert ftmcertsha256 ftmcertificatehash ftmfingerprint ftmcertificatefingerprint ftmcertificatefingerprintsha256 ftmcertificatethumbprint chipsha256 chipcertificate chipcertificatesha256 chipfingerprint chipcertsha256',
  // Never “enrolment secret” alone: a column of that name holds the secrets themselves.
  enrolmentSecretSha256:
    'enrollmentsecretsha256 enrolmentsecrethash enrollmentsecrethash secretsha256',
  group: 'groupname devicegroup groupkey gruppe groupe grupo gruppo группа 组 المجموعة समूह',
}

/** Letters and digits alone, without accents, remarks in brackets, tags, and letter size. */
function fold(header: string): string {
  return header
    .replaceAll(/\([^()]*\)|\[[^[\]]*\]|<[^<>]*>/g, '')
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

/** Beside a header, these say nothing about what its column is. */
const REMARKS = new Set(
  [
    'required mandatory optional pflicht pflichtfeld obligatoire facultatif obligatorio opcional obbligatorio',
    'text astext string asprinted printed device devices thedevice',
  ]
    .join(' ')
    .split(' '),
)
const NUMBERING = /^\s*(?:\d{1,2}|[A-Z])[.):]\s+/
/** In two languages, with a remark, with the name of a table; and, tried last, without spaces around the sign. */
const BETWEEN_PARTS = [/\s[/|–—-]\s|[\n\r|·•:;]|\sof\s/u, /[/.]/]

/** What a header says that its column is; undefined where it says nothing known. An empty one is left out. */
export function matchHeader(header: string): MappedColumn | undefined {
  if (header.length > LONGEST_HEADER) return undefined
  if (isBlank(header)) return LEFT_OUT
  const whole = matchWhole(header)
  if (whole !== undefined) return whole
  const name = header.replace(NUMBERING, '')
  return BETWEEN_PARTS.map((between) => matchParts(name.split(between))).find(
    (column) => column !== undefined,
  )
}

/** The sign of the number alone, as in “Serial #”, is folded away. */
const matchWhole = (header: string): MappedColumn | undefined => BY_HEADER.get(fold(header))

/** All parts say the same, or nothing. */
function matchParts(parts: readonly string[]): MappedColumn | undefined {
  const telling = parts.filter((part) => !isBlank(part) && !REMARKS.has(fold(part)))
  const columns = new Set(telling.map(matchWhole))
  return columns.size === 1 ? [...columns][0] : undefined
}

/** With nothing in it to see. */
export const isBlank = (text: string): boolean => /^[\s\p{Cc}\p{Cf}]*$/u.test(text)

/** Whether a text is the header of the serial numbers, repeated where a number should stand. */
export const isSerialNoHeader = (text: string): boolean =>
  text.length <= LONGEST_HEADER && matchWhole(text) === 'serialNo'

export const isImportColumn = (text: string): text is ImportColumn =>
  (IMPORT_COLUMNS as readonly string[]).includes(text)
