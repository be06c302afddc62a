import { matchHeader, LEFT_OUT } from './import-columns.ts'

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
  readonly headers: readonly string[]
  /** What stands before the table, in characters: byte order mark and `sep=` line. */
  readonly before: number
}

/** What a file is that is no CSV, with what to do: `an Excel workbook, …`; undefined where it may be one. */
export function explainOtherFile(head: Uint8Array): string | undefined {
  const beginning = latin1(head.subarray(0, 4_096))
  const kind = KINDS.find(([isKind]) => isKind(beginning))
  if (kind !== undefined) return kind[1]
  if (encodingOf(head).startsWith('utf-16')) return undefined
  // A text has no null characters.
  return beginning.includes('\0') ? `not a text. ${SAVE_AS}` : undefined
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
    sign.test(head.replace(/^\xEF\xBB\xBF/, '').trimStart())

/** By their first bytes, read as Latin-1. */
const KINDS: readonly (readonly [(head: string) => boolean, string])[] = [
  [zipWith(/xl\/|\[Content_Types\]/), `an Excel workbook. ${SAVE_AS}`],
  [zipWith(/opendocument/), `a LibreOffice workbook. ${SAVE_AS}`],
  [
    zipWith(/\.iwa|Index\/|Index\.zip/),
    `a Numbers workbook. Export it to CSV in UTF-8, and import that file.`,
  ],
  [isZip, `a workbook (a ZIP archive, as Excel, LibreOffice and Numbers write them). ${SAVE_AS}`],
  [starts('\xD0\xCF\x11\xE0'), `an Excel workbook, of before 2007 or with a password. ${SAVE_AS}`],
  [
    starts('\x09\x00\x04\x00', '\x09\x02\x06\x00', '\x09\x04\x06\x00', '\x09\x08\x10\x00'),
    `an old Excel workbook. ${SAVE_AS}`,
  ],
  [textWith(/^<\?xml[^]*office:spreadsheet/i), `a workbook in XML. ${SAVE_AS}`],
  [textWith(/^<(?:!doctype html|html|table|meta|head)/i), `a web page. ${SAVE_AS}`],
  [textWith(/^<\?xml/i), `an XML file. ${SAVE_AS}`],
  [starts('ID;P'), `a SYLK file. ${SAVE_AS}`],
  [starts('%PDF'), `a PDF. ${SAVE_AS}`],
  [starts('{\\rtf'), `a text document. ${SAVE_AS}`],
  [starts('\x1F\x8B'), 'compressed with gzip. Unpack it, and import the file in it.'],
  [textWith(/^[[{]\s*["{[\]}]/), 'JSON. Import CSV, or the factory’s signed manifest.'],
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
export function encodingOf(head: Uint8Array): Encoding {
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
  const mark = whole.startsWith('\uFEFF') ? 1 : 0
  const line = SEP_LINE.exec(whole.slice(mark))
  const before = mark + (line?.[0].length ?? 0)
  const text = whole.slice(before)
  const delimiter = line?.[1] ?? findDelimiter(text)
  return { encoding, delimiter, headers: readHeaders(text, delimiter), before }
}

/** The one by which most headers are known; else the one that makes most columns. */
function findDelimiter(text: string): string {
  const worth = (delimiter: string): number => {
    const headers = readHeaders(text, delimiter)
    const known = headers.filter((header) => (matchHeader(header) ?? LEFT_OUT) !== LEFT_OUT)
    return known.length * 1_000 + Math.min(headers.length, 999)
  }
  return DELIMITERS.reduce((best, each) => (worth(each) > worth(best) ? each : best))
}

/** The first row that is not empty, by RFC 4180. */
function readHeaders(text: string, delimiter: string): readonly string[] {
  for (let at = 0; at < text.length;) {
    const { cells, end } = readRecord(text, at, delimiter)
    if (cells.some((cell) => cell.trim() !== '')) return cells.map((cell) => cell.trim())
    at = end
  }
  return []
}

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
    } else if (character === '"' && (isQuoted || cell === '')) isQuoted = !isQuoted
    else if (!isQuoted && character === delimiter) {
      cells.push(cell)
      cell = ''
    } else if (!isQuoted && (character === '\n' || character === '\r')) break
    else cell += character
  }
  return { cells: [...cells, cell], end: at + 1 }
}
