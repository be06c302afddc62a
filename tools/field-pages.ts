import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { marked } from 'marked'

/** Prints a page of docs/field as a technician would: A4, black on white, by Chromium. */

/** Sheets that must fit on one page of A4. */
export const SHEETS = ['linux.md', 'windows.md'] as const

const FIELD = join(import.meta.dirname, '..', 'docs', 'field')
const CHROMIUM = 'chromium'

const STYLE = `
@page { size: A4; margin: 11mm 13mm }
body { font: 9.2pt/1.3 "DejaVu Sans", sans-serif; color: #000; margin: 0 }
h1 { font-size: 14pt; margin: 0 0 4pt } h2 { font-size: 11.5pt; margin: 7pt 0 3pt; border-bottom: 0.5pt solid #000 }
p, ol, pre { margin: 3pt 0 } ol { padding-left: 14pt }
code { font: 8.1pt "DejaVu Sans Mono", monospace } pre { background: #eee; padding: 3pt 5pt; white-space: pre-wrap }
table { border-collapse: collapse; width: 100%; margin: 3pt 0 }
th, td { border: 0.5pt solid #777; padding: 1.5pt 4pt; text-align: left; vertical-align: top }
`

/** @returns the PDF */
export function printSheet(name: string): Buffer {
  const body = marked.parse(readFileSync(join(FIELD, name), 'utf8'), { async: false })
  const html = `<!doctype html><meta charset="utf-8"><title>${name}</title><style>${STYLE}</style>${body}`
  const folder = mkdtempSync(join(tmpdir(), 'sanad-sheet-'))
  try {
    writeFileSync(join(folder, 'sheet.html'), html)
    execFileSync(CHROMIUM, flags(folder), { stdio: 'ignore', timeout: 60_000 })
    return readFileSync(join(folder, 'sheet.pdf'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const flags = (folder: string): string[] => [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  `--user-data-dir=${join(folder, 'profile')}`,
  '--no-pdf-header-footer',
  `--print-to-pdf=${join(folder, 'sheet.pdf')}`,
  pathToFileURL(join(folder, 'sheet.html')).href,
]

/** Chromium writes each page as an object of its own, uncompressed. */
export const countPages = (pdf: Buffer): number =>
  (pdf.toString('latin1').match(/\/Type\s*\/Page\b/g) ?? []).length
