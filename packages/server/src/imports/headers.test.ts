import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { A, expectOutcome, ROW, send, utf16 } from '../../test/sent-files.ts'
import { MOST_ROWS, readCsvRows } from './csv-rows.ts'

describe('what is no table of devices', () => {
  it.each<[string, string | Buffer, RegExp]>([
    ['an Excel workbook', 'PK\x03\x04\x14\x00\x06\x00[Content_Types].xml', /an Excel workbook/],
    [
      'a LibreOffice workbook',
      'PK\x03\x04mimetypeapplication/vnd.oasis.opendocument.spreadsheet',
      /a LibreOffice workbook/,
    ],
    ['a Numbers workbook', 'PK\x03\x04Index/Document.iwa', /a Numbers workbook/],
    [
      'an Excel workbook of before 2007',
      Buffer.from('d0cf11e0a1b11ae1', 'hex'),
      /before 2007 or with a password/,
    ],
    ['a web page', '<html><table><tr><td>serialNo', /a web page/],
    [
      'a workbook in XML',
      '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
      /a workbook in XML/,
    ],
    ['JSON', '[{"serialNo": "EXS442D000001"}]', /JSON/],
    ['bytes', Buffer.from('0102000304', 'hex'), /not a text/],
    ['gzip', Buffer.from('1f8b0800', 'hex'), /compressed with gzip/],
    ['a PDF', '%PDF-1.7', /a PDF/],
    ['a Word document', 'PK\x03\x04[Content_Types].xml word/document.xml', /a Word document/],
    ['a CSV in a ZIP', `PK\x03\x04${'\0'.repeat(26)}devices.csv`, /a ZIP archive. Unpack it/],
    ['a web page in UTF-16', utf16('<html><table>'), /a web page/],
    ['a web page behind a remark', '<!-- saved -->\n<HTML>', /a web page/],
    ['a page saved by a browser', 'MIME-Version: 1.0\n', /a saved web page/],
    ['XML', '<devices/>', /an XML file/],
    ['UTF-32', Buffer.from('fffe000073000000', 'hex'), /UTF-32/],
    ['UTF-16 with null characters', utf16(`serial\0No,make,model\n${ROW(A)}`), /not a text/],
    ['a number of JSON', '[1, 2]', /JSON/],
    ['DIF', 'TABLE\r\n0,1\r\n"EXCEL"', /a DIF file/],
    ['a certificate', '-----BEGIN CERTIFICATE-----', /in PEM/],
    ['a picture', Buffer.from('89504e470d0a1a0a', 'hex'), /a picture/],
    ['7-Zip', Buffer.from('377abcaf271c', 'hex'), /a compressed archive/],
    ['DER', Buffer.from('30820310', 'hex'), /not a text/],
    ['nothing', '', /the file is empty/],
    ['a sep= line alone', 'sep=;\r\n', /the file is empty/],
    ['a header alone', 'serialNo,make,model\r\n', /a header, and no device below it/],
    ['a thousand columns', `${'x,'.repeat(1_000)}y\n`, /row 1 has 1001 columns; .* 200 at most/],
  ])('refuses %s, and says what to do', async (_what, file, refused) => {
    await expectOutcome(await send(file), { refused })
  })
})

describe('headers as people write them', () => {
  it.each([
    ['Serial No.,Make,Model'],
    ['SERIAL_NUMBER*,Manufacturer,Model Name'],
    ['S/N,make (as printed),Model No.'],
    ['"Serial Number\n(required)",Brand,MODEL'],
    ['Seriennummer,Hersteller,Modell'],
    ['Numéro de série,Marque,Modèle'],
    ['\u00A0Serial\u00A0No ,Make:,Model'],
    ['1. Serial No,2. Make,3. Model'],
    ['Serial No - required,Make (mandatory),Model [max 36]'],
    ['Serial No / N° de série,Make/Marque,"Model\nModèle"'],
    ['devices.serial_no,devices.make,devices.model'],
    ['Serial no of device,Make of the device,Model of device'],
    ['الرقم التسلسلي,الشركة المصنعة,الطراز'],
    ['सीरियल नंबर,निर्माता,मॉडल'],
    ['Numero di serie,Produttore,Modello'],
    ['Серийный номер,Производитель,Модель'],
    ['序列号,制造商,型号'],
    ['Ｓｅｒｉａｌ　Ｎｏ,🏭 Make,<b>Model</b>'],
  ])('matches the headers %j, and shows how', async (header) => {
    const sent = await send(`${header}\r\n${ROW(A)}`)
    expect(sent.view).toMatchObject({ state: 'ready', rowsValid: 1 })
    expect(sent.view.reading?.columns.map(({ column }) => column)).toEqual([
      'serialNo',
      'make',
      'model',
    ])
  })

  it.each<[string, RegExp]>([
    ['Sr. No.,Serial Number,Make,Model', /column 1 ‘Sr. No.’ is not known/],
    ['Old Serial No,Make,Model', /column 1 ‘Old Serial No’ is not known/],
    ['Serial No / Model,Make,Model', /column 1 ‘Serial No \/ Model’ is not known/],
    ['Sеrial No,Make,Model', /a Cyrillic letter that looks like ‘e’ \(U\+0435\)/],
    ['serialNo,Serial No.,make,model', /‘serialNo’ and ‘Serial No.’ are both serialNo/],
    ['serialNo,model', /the column make is missing; the file has ‘serialNo’, ‘model’/],
    ['\n\nserialNo,make,model,re\u0001marks', /^row 3: column 4 ‘re⟨U\+0001⟩marks’ is not known/],
  ])('does not guess what the headers %j mean', async (header, refused) => {
    await expectOutcome(await send(`${header}\n${ROW(A)}`), { refused })
  })

  it('finds headers below a title, and shows the title', async () => {
    const sent = await send(`Delivery 7\n\nserialNo,make,model\n${ROW('EXS442 D000001')}`)
    expect(sent.found).toEqual(['4 error row.serial-no-character'])
    expect(sent.view.reading?.above).toEqual(['Delivery 7'])
  })

  it('names unknown headers, which the operator can then map or leave out', async () => {
    const file = `Barcode,Make,Model,Remarks\r\n${ROW(A)},first batch`
    await expectOutcome(await send(file), {
      refused: /column 1 ‘Barcode’ is not known; known: serialNo, make, model/,
    })
    const sent = await send(file, '?columns=serialNo,make,model,-&fileName=batch%207.csv')
    expect(sent.view).toMatchObject({
      rowsValid: 1,
      fileName: 'batch 7.csv',
      reading: { columns: [{ header: 'Barcode', column: 'serialNo' }, {}, {}, { column: '-' }] },
    })
    await expectOutcome(await send(file, '?columns=serialNo,make'), { refused: /has 4 columns/ })
    await expectOutcome(await send(file, '?columns=serialNo,make,model,x'), {
      refused: /no column ‘x’; known/,
    })
  })
})

describe('the limit of rows', () => {
  async function countRows(devices: number): Promise<number> {
    const lines = function* () {
      yield 'serialNo,make,model\n'
      for (let left = devices; left > 0; left -= 1_000) {
        yield `${'a,b,c\n'.repeat(Math.min(1_000, left))}`
      }
    }
    const body = Readable.from([...lines()].map((text) => Buffer.from(text)))
    const onReading = () => Promise.resolve()
    let rows = 0
    for await (const _row of readCsvRows(body, { columns: undefined, onReading })) rows++
    return rows
  }

  it('counts devices and not the header against the limit of rows', async () => {
    expect(await countRows(MOST_ROWS)).toBe(MOST_ROWS)
    await expect(countRows(MOST_ROWS + 1)).rejects.toMatchObject({ code: 'import.too-many-rows' })
  }, 120_000)
})
