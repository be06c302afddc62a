import { expect, test } from 'vitest'
import { openPortal, type PortalInChromium } from './portal-in-chromium.ts'

const TABLE = 'Make;Model;Inventar\nExample;Slap 442;EXS442C110001\n'

async function openImports(): Promise<PortalInChromium> {
  const portal = await openPortal()
  await portal.open('/imports')
  await portal.signIn()
  await portal.page.getByRole('heading', { name: 'Imports', level: 1 }).waitFor()
  return portal
}

async function choose({ page }: PortalInChromium, name: string, text: string): Promise<void> {
  await page
    .locator('input[type=file]')
    .setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(text) })
}

test('a column that the portal does not know is asked for, and only then the file is sent', async () => {
  await using portal = await openImports()
  const { page } = portal
  const sent: URL[] = []
  page.on('request', (request) => {
    if (request.method() === 'POST') sent.push(new URL(request.url()))
  })
  await choose(portal, 'stock.csv', TABLE)
  const dialog = page.getByRole('dialog', { name: 'What do the columns contain?' })
  await dialog.getByText('stock.csv. Nothing has been sent yet.').waitFor()
  const read = dialog.getByRole('button', { name: 'Read the rows' })
  expect(await read.getAttribute('aria-disabled')).toBe('true')
  await read.hover()
  await page.getByText('For every column, choose what it contains or leave it out.').waitFor()
  expect(sent).toEqual([])
  await dialog.getByRole('combobox', { name: 'Column for Inventar' }).click()
  await page.getByRole('option', { name: 'serialNo' }).click()
  await expect.poll(() => read.getAttribute('aria-disabled')).toBeNull()
  await read.click()
  await expect.poll(() => sent.length).toBe(1)
  expect(sent[0]?.pathname).toMatch(/^\/api\/v1\/imports\/[0-9a-f-]{36}$/)
  expect(sent[0]?.searchParams.get('columns')).toBe('make,model,serialNo')
  expect(portal.faults).toEqual([])
})

test('two columns cannot both be the serial number, and a required one cannot be left out', async () => {
  await using portal = await openImports()
  const { page } = portal
  await choose(portal, 'stock.csv', 'make,model,serialNo,remark\nExample,Slap 442,1,2\n')
  const dialog = page.getByRole('dialog', { name: 'What do the columns contain?' })
  const read = dialog.getByRole('button', { name: 'Read the rows' })
  const pick = async (header: string, column: string) => {
    await dialog.getByRole('combobox', { name: `Column for ${header}` }).click()
    await page.getByRole('option', { name: column, exact: true }).click()
  }
  await pick('remark', 'serialNo')
  await read.hover()
  await page.getByText('Only one column can be serialNo.').waitFor()
  await pick('remark', 'Left out')
  await pick('make', 'Left out')
  await page.mouse.move(0, 0)
  await read.hover()
  await page.getByText('Choose a column for make.').waitFor()
  expect(portal.faults).toEqual([])
})

test('a spreadsheet is no table, and the portal says what it is', async () => {
  await using portal = await openImports()
  await choose(portal, 'stock.xlsx', 'PK\u0003\u0004 and so on')
  await portal.page
    .getByRole('alert')
    .getByText(/^stock\.xlsx is /)
    .waitFor()
  expect(portal.faults).toEqual([])
})
