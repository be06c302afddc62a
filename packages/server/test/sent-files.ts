import { randomUUID } from 'node:crypto'
import type { ConfirmImport, ImportView, RowErrorPage } from '@sanad/protocol/operator-api/imports'
import { expect } from 'vitest'
import { operator, upload } from './uploaded-files.ts'

/** What the tests of spreadsheets share: files sent to the portal of uploaded-files.ts, and what came of them. */

interface Sent {
  readonly status: number
  readonly importId: string
  readonly view: ImportView & { detail?: string }
  /** `3 error row.serial-no-character`. */
  readonly found: readonly string[]
  readonly reasons: readonly string[]
}

export async function send(payload: string | Buffer, query = '', type = 'text/csv'): Promise<Sent> {
  const importId = randomUUID()
  const reply = await upload(payload, { id: `${importId}${query}`, type })
  const errors = await operator.ask('GET', `/imports/${importId}/errors?limit=200`)
  const { items } = errors.json<RowErrorPage>()
  return {
    status: reply.statusCode,
    importId,
    view: reply.json<Sent['view']>(),
    found: items.map(({ row, severity, code }) => `${row} ${severity} ${code}`),
    reasons: items.map(({ reason }) => reason),
  }
}

export const confirm = (importId: string, payload: ConfirmImport) =>
  operator.ask('POST', `/imports/${importId}/confirm`, { payload })

export interface Expected {
  readonly valid?: number
  readonly warnings?: number
  readonly found?: readonly string[]
  readonly reason?: RegExp
  /** The whole file is refused. */
  readonly refused?: RegExp
}

export async function expectOutcome(sent: Sent, expected: Expected): Promise<void> {
  if (expected.refused !== undefined) {
    expect(sent.status).toBe(400)
    expect(sent.view.detail).toMatch(expected.refused)
    return
  }
  expect(sent.view, JSON.stringify(sent.view)).toMatchObject({ state: 'ready' })
  expect(sent.found).toEqual(expected.found ?? [])
  expect(sent.view.rowsValid).toBe(expected.valid)
  expect(sent.view.rowsWithWarnings).toBe(expected.warnings ?? 0)
  if (expected.reason !== undefined) expect(sent.reasons[0]).toMatch(expected.reason)
}

export const ROW = (serialNo: string) => `${serialNo},Example,Slap 442`
export const rows = (...serialNos: readonly string[]) =>
  ['serialNo,make,model', ...serialNos.map(ROW)].join('\r\n')
export const A = 'EXS442D000001'
export const B = 'EXS442D000002'
export const utf16 = (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le')
