import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { marked } from 'marked'
import { launchChromium } from '../packages/portal/tools/browser.ts'

/** Prints a page of docs/field as a technician would: A4, black on white, by Chromium. */

/** Sheets that must fit on one page of A4. */
export const SHEETS = ['linux.md', 'windows.md'] as const

const FIELD = join(import.meta.dirname, '..', 'docs', 'field')

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
export async function printSheet(name: string): Promise<Buffer> {
  const body = marked.parse(readFileSync(join(FIELD, name), 'utf8'), { async: false })
  const html = `<!doctype html><meta charset="utf-8"><title>${name}</title><style>${STYLE}</style>${body}`
  await using browser = await launchChromium()
  const page = await browser.newPage()
  await page.setContent(html)
  return await page.pdf({ preferCSSPageSize: true, printBackground: true, tagged: true })
}

/** Chromium writes each page as an object of its own, uncompressed. */
export const countPages = (pdf: Buffer): number =>
  (pdf.toString('latin1').match(/\/Type\s*\/Page\b/g) ?? []).length
