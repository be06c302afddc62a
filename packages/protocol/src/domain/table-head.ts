import { LEFT_OUT, REQUIRED_COLUMNS, isBlank, matchHeader } from './import-columns.ts'

/**
 * The beginning of a file that should be a table of devices: which encoding, which delimiter, which headers; or
 * what it is instead. Server and portal read it alike. Pure.
 */

export const ENCODINGS = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252'] as const
export type Encoding = (typeof ENCODINGS)[number]

/** Enough for a header and some rows, little enough to hold. */
export const HEAD_BYTES = 64 * 1024

export interface TableHead {
  readonly encoding: Encoding
  readonly delimiter: string
  /** Without those that are empty at the end. */
  readonly headers: readonly string[]
  /** Rows above the header, a title or a date, that are read past: the text of each. */
  readonly above: readonly string[]
  /** What stands before the table, in characters: byte order mark and `sep=` line. */
  readonly before: number
}

/** What a file is that is no CSV, with what to do: `an Excel workbook, …`; undefined where it may be one. */
export function explainOtherFile(head: Uint8Array): string | undefined {
  if (isUtf32(head)) return 'a text in UTF-32. Save it as “CSV UTF-8”, and import that file.'
  const beginning = beginningOf(head.subarray(0, 4_096))
  const kind = KINDS.find(([isKind]) => isKind(beginning))
  if (kind !== undefined) return kind[1]
  return isBinary(beginning) ? `not a text. ${SAVE_AS}` : undefined
}

/** A text has no null characters, and begins with no control character but those that make space. */
const isBinary = (beginning: string): boolean =>
  // eslint-disable-next-line no-control-regex
  beginning.includes('\0') || /[\x01-\x08\x0E-\x19\x1B-\x1E]/.test(beginning.slice(0, 8))

const isUtf32 = ([one, two, three, four]: Uint8Array): boolean =>
  (one === 0xff && two === 0xfe && three === 0 && four === 0) ||
  (one === 0 && two === 0 && three === 0xfe && four === 0xff)

function beginningOf(head: Uint8Array): string {
  const encoding = encodingOf(head)
  return encoding.startsWith('utf-16') ? new TextDecoder(encoding).decode(head) : latin1(head)
}

const SAVE_AS =
  'Format the column of serial numbers as Text, save the sheet as “CSV UTF-8”, and import that file.'

const starts =
  (...signs: readonly string[]) =>
  (text: string): boolean =>
    signs.some((sign) => text.startsWith(sign))
const isZip = starts('PK\x03\x04', 'PK\x05\x06', 'PK\x07\x08')
const zipWith =
  (parts: RegExp) =>
  (text: string): boolean =>
    isZip(text) && parts.test(text)
const textWith =
  (sign: RegExp) =>
  (head: string): boolean =>
    sign.test(head.replace(/^(?:\xEF\xBB\xBF)+/, '').trimStart())

/** By their first bytes, read as Latin-1. */
const KINDS: readonly (readonly [(head: string) => boolean, string])[] = [
  [zipWith(/word\//), `a Word document. ${SAVE_AS}`],
  [zipWith(/ppt\//), `a PowerPoint document. ${SAVE_AS}`],
  [zipWith(/xl\/|\[Content_Types\]/), `an Excel workbook. ${SAVE_AS}`],
  [zipWith(/opendocument/), `a LibreOffice workbook. ${SAVE_AS}`],
  [
    zipWith(/\.iwa|Index\/|Index\.zip/),
    `a Numbers workbook. Export it to CSV in UTF-8, and import that file.`,
  ],
  [
    zipWith(/^[^]{30}[^\0]*\.(?:csv|txt|tsv|jws)/i),
    'a ZIP archive. Unpack it, and import the file in it.',
  ],
  [isZip, `a workbook (a ZIP archive, as Excel, LibreOffice and Numbers write them). ${SAVE_AS}`],
  [starts('\xD0\xCF\x11\xE0'), `an Excel workbook, of before 2007 or with a password. ${SAVE_AS}`],
  [
    starts('\x09\x00\x04\x00', '\x09\x02\x06\x00', '\x09\x04\x06\x00', '\x09\x08\x10\x00'),
    `an old Excel workbook. ${SAVE_AS}`,
  ],
  [textWith(/^<\?xml[^]*office:spreadsheet/i), `a workbook in XML. ${SAVE_AS}`],
  [
    textWith(/^(?:<!--[^]*?-->\s*)?<(?:!doctype html|html|table|meta|head|body|div|style|script)/i),
    `a web page. ${SAVE_AS}`,
  ],
  [textWith(/^(?:MIME-Version|From|Content-Type): /i), `a saved web page or message. ${SAVE_AS}`],
  [textWith(/^<[?!a-z][^,;\t|]*>/i), `an XML file. ${SAVE_AS}`],
  [starts('ID;P'), `a SYLK file. ${SAVE_AS}`],
  [starts('%PDF'), `a PDF. ${SAVE_AS}`],
  [textWith(/^TABLE\s+0,1\s/), `a DIF file. ${SAVE_AS}`],
  [starts('%!PS'), `a PostScript file. ${SAVE_AS}`],
  [starts('{\\rtf'), `a text document. ${SAVE_AS}`],
  [starts('\x1F\x8B'), 'compressed with gzip. Unpack it, and import the file in it.'],
  [
    starts('BZh', '\xFD7zXZ', '7z\xBC\xAF', '(\xB5/\xFD', 'Rar!\x1A'),
    'a compressed archive. Unpack it, and import the file in it.',
  ],
  [starts('\x89PNG', '\xFF\xD8\xFF', 'GIF8'), 'a picture. Import the numbers as CSV UTF-8.'],
  [
    textWith(/^-----BEGIN /),
    'a certificate or key in PEM. Import CSV, or the factory’s signed manifest.',
  ],
  [
    textWith(/^(?:\{\s*["}]|\[\s*(?:["{[\]]|-?\d))/),
    'JSON. Import CSV, or the factory’s signed manifest.',
  ],
  [
    textWith(/^eyJ[\w-]{20,}\.[\w-]*/),
    'a signed manifest. Import it as one: its name ends in .jws.',
  ],
]

function latin1(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}

/** By its byte order mark; without one, UTF-8 where it is that, and else what Windows in the West writes. */
function encodingOf(head: Uint8Array): Encoding {
  const [first, second] = head
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  if (first !== 0 && second === 0 && head[3] === 0) return 'utf-16le'
  if (first === 0 && second !== 0 && head[2] === 0) return 'utf-16be'
  return isUtf8(head) ? 'utf-8' : 'windows-1252'
}

function isUtf8(head: Uint8Array): boolean {
  try {
    // As a stream: the last character may be cut.
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true })
    return true
  } catch {
    return false
  }
}

const DELIMITERS = [',', ';', '\t', '|'] as const
/** Excel reads the delimiter from such a first line, and shows the line to nobody. */
const SEP_LINE = /^"?sep=(.)"?[,;\t|]*(?:\r\n|\n|\r|$)/i

export function readTableHead(head: Uint8Array): TableHead {
  const encoding = encodingOf(head)
  const whole = new TextDecoder(encoding, { ignoreBOM: true }).decode(head)
  // The second is that of UTF-8 before a text that is not: somebody wrote on in another program.
  const mark = /^(?:\uFEFF|\xEF\xBB\xBF)*/.exec(whole)?.[0].length ?? 0
  const line = SEP_LINE.exec(whole.slice(mark))
  const before = mark + (line?.[0].length ?? 0)
  const text = whole.slice(before)
  const delimiter = line?.[1] ?? findDelimiter(text)
  return { encoding, delimiter, ...readTop(text, delimiter), before }
}

/** The one by which most headers are known; else the one that makes most columns. */
function findDelimiter(text: string): string {
  const worth = (delimiter: string): number => {
    const { headers } = readTop(text, delimiter)
    return countKnown(headers) * 1_000 + Math.min(headers.length, 999)
  }
  return DELIMITERS.reduce((best, each) => (worth(each) > worth(best) ? each : best))
}

const countKnown = (headers: readonly string[]): number =>
  headers.filter((header) => (matchHeader(header) ?? LEFT_OUT) !== LEFT_OUT).length

/** More are no title. */
const MOST_ABOVE = 20

/**
 * The header, and what stands above it: rows with fewer cells than a table of devices has columns. Where no row
 * has as many, the first is the header, and is told what it lacks.
 */
function readTop(text: string, delimiter: string): Pick<TableHead, 'headers' | 'above'> {
  const above: (readonly string[])[] = []
  for (let at = 0; at < text.length && above.length <= MOST_ABOVE;) {
    const { cells, end } = readRecord(text, at, delimiter)
    at = end
    const headers = trimEnd(cells)
    if (headers.length === 0) continue
    if (isHeader(headers)) return { headers, above: above.map(textOf) }
    above.push(headers)
  }
  return { headers: above[0] ?? [], above: [] }
}

function isHeader(headers: readonly string[]): boolean {
  const filled = headers.filter((header) => !isBlank(header))
  return filled.length >= REQUIRED_COLUMNS.length || countKnown(headers) >= 2
}

const textOf = (cells: readonly string[]): string =>
  cells.filter((cell) => !isBlank(cell)).join(' ')

/** Without the cells that a spreadsheet adds at the end of a row, up to the width of its sheet. */
export const trimEnd = (cells: readonly string[]): readonly string[] =>
  cells.slice(0, cells.findLastIndex((cell) => !isBlank(cell)) + 1)

interface ReadRecord {
  readonly cells: readonly string[]
  readonly end: number
}

function readRecord(text: string, from: number, delimiter: string): ReadRecord {
  const cells: string[] = []
  let cell = ''
  let isQuoted = false
  let at = from
  for (; at < text.length; at++) {
    const character = text.charAt(at)
    if (isQuoted && character === '"' && text[at + 1] === '"') {
      cell += '"'
      at++
    } else if (character === '"' && (isQuoted || cell.trim() === '')) isQuoted = !isQuoted
    else if (!isQuoted && character === delimiter) {
      cells.push(cell)
      cell = ''
    } else if (!isQuoted && (character === '\n' || character === '\r')) break
    else cell += character
  }
  return { cells: [...cells, cell].map((each) => each.trim()), end: at + 1 }
}
