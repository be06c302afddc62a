import { describe, expect, it } from 'vitest'
import { fitsForm, parseSerialForm } from './serial-form.ts'
import { examineSerialNo } from './serial-number.ts'

const faultOf = (text: string, form?: string) =>
  examineSerialNo(text, form === undefined ? undefined : parseSerialForm(form)).fault
const doubtsOf = (text: string, form?: string) =>
  examineSerialNo(text, form === undefined ? undefined : parseSerialForm(form)).doubts.map(
    ({ code }) => code,
  )

describe('a serial number', () => {
  it.each([
    'EXS442A2600017',
    'EX-442/A_26.0017',
    '000123456789',
    '123456789012',
    '1234E5678901',
    'E10000000012',
    'JANUS0000001',
    'MAY442000012',
    '89012345678901234',
    'TRUE00000012',
    'DEC-00123456',
    'NA0000123456',
    'TEST00000001',
    'EXS442-D000001',
    'CHF000123456',
  ])('%s is taken as it stands', (text) => {
    expect(examineSerialNo(text)).toEqual({ fault: undefined, doubts: [] })
  })

  it.each([
    ['8.90123E+14', 'rewritten', 'scientific'],
    ['1,2E+12', 'rewritten', 'scientific'],
    ['1e+16', 'rewritten', 'scientific'],
    ['1E16', 'rewritten', 'scientific'],
    ['1.2345678901234E13', 'rewritten', 'scientific'],
    ['8.9×10^14', 'rewritten', 'scientific'],
    ['890123E+09', 'rewritten', 'scientific'],
    ['123456789012.0', 'rewritten', 'decimals'],
    ['123456789013,00', 'rewritten', 'decimals'],
    ['123,456,789,012', 'rewritten', 'thousands'],
    ['123.456.789.012', 'rewritten', 'thousands'],
    ['123 456 789 012', 'rewritten', 'thousands'],
    ['123\u202F456\u202F789\u202F012', 'rewritten', 'thousands'],
    ["123'456'789'012", 'rewritten', 'thousands'],
    ['12,34,56,78,901', 'rewritten', 'thousands'],
    ['1,234', 'rewritten', 'thousands'],
    ['03-Jan', 'rewritten', 'date'],
    ['Jan-26', 'rewritten', 'date'],
    ['3. Mär 2026', 'rewritten', 'date'],
    ['03/01/2026', 'rewritten', 'date'],
    ['3.1.26', 'rewritten', 'date'],
    ['2026-01-03 00:00:00', 'rewritten', 'date'],
    ['12:30:00', 'rewritten', 'time'],
    ['$123456', 'rewritten', 'amount'],
    ["'EXS442C100003", 'rewritten', 'apostrophe (U+0027)'],
    ['’EXS442C100003', 'rewritten', 'apostrophe (U+2019)'],
    ['123456789012.', 'rewritten', 'decimals'],
    ['123456789012-', 'rewritten', 'minus sign'],
    ['(123456789012)', 'rewritten', 'brackets'],
    ['CHF 123.50', 'rewritten', 'amount'],
    ['Rs. 1,23,456', 'rewritten', 'amount'],
    ['₦123456', 'rewritten', 'amount'],
    ['Saturday, January 3, 2026', 'rewritten', 'date'],
    ['Sat Jan 03 2026 05:30:00 GMT+0530', 'rewritten', 'date'],
    ['2026年1月3日', 'rewritten', 'date'],
    ['03-01-2026 00:00', 'rewritten', 'date'],
    ['EXS442D000...', 'rewritten', 'cut off'],
    ['https://example.com/EXS442D000001', 'rewritten', 'address'],
    ['#¡DIV/0!', 'stand-in', 'error'],
    ['#¿NOMBRE?', 'stand-in', 'error'],
    ['#Н/Д', 'stand-in', 'error'],
    ['Fehler:502', 'stand-in', 'error'],
    ['ИСТИНА', 'stand-in', 'truth value'],
    ['WAAR', 'stand-in', 'truth value'],
    ['Yes', 'stand-in', 'truth value'],
    ['N.A.', 'stand-in', 'word'],
    ['<NA>', 'stand-in', 'word'],
    ['NaT', 'stand-in', 'word'],
    ['Total: 5', 'stand-in', 'word'],
    ['Gesamt', 'stand-in', 'word'],
    ['Total général', 'stand-in', 'word'],
    ['المجموع', 'stand-in', 'word'],
    ['\\N', 'stand-in', 'database'],
    ['#N/A', 'stand-in', 'error'],
    ['#REF!', 'stand-in', 'error'],
    ['#WERT!', 'stand-in', 'error'],
    ['Err:502', 'stand-in', 'error'],
    ['#####', 'stand-in', 'too narrow'],
    ['TRUE', 'stand-in', 'truth value'],
    ['FALSCH', 'stand-in', 'truth value'],
    ['N/A', 'stand-in', 'word'],
    ['(blank)', 'stand-in', 'word'],
    ['Total', 'stand-in', 'word'],
    ['Serial Number', 'stand-in', 'header'],
    ['------------', 'stand-in', 'placeholder'],
    ['xxxxxxxxxxxx', 'stand-in', 'placeholder'],
    ['=A2', 'formula', '‘=’'],
    ['="EXS442A0001"', 'formula', '‘=’'],
    ['+4912345678901', 'formula', '‘\\+’'],
    ['@SUM(A1)', 'formula', '‘@’'],
    ['-12345678901', 'formula', '‘-’'],
    ['“EXS442C100001”', 'character', 'begins with a curly quotation mark \\(U\\+201C\\)'],
    ['EXS442C10–0002', 'character', 'en dash \\(U\\+2013\\)'],
    ['EXS442−C100002', 'character', 'minus sign'],
    ['EXS442\u00A0C080002', 'character', 'after ‘EXS442’, a no-break space \\(U\\+00A0\\)'],
    ['EXS442 C080002', 'character', 'a space'],
    ['EXS442\u200BC080002', 'character', 'zero-width space'],
    ['EXS442\uFEFFC080002', 'character', 'byte order mark'],
    ['EXS442\u00ADC080002', 'character', 'soft hyphen'],
    ['EXS442\u200EC080002', 'character', 'left-to-right mark'],
    ['EXS４42C080002', 'character', 'full-width digit'],
    ['EXS44٢C080002', 'character', 'Arabic-Indic digit'],
    ['EXS44२C080002', 'character', 'Devanagari digit'],
    ['EXS44২C080002', 'character', 'a Bengali digit \\(U\\+09E8\\)'],
    ['EXS44𝟐C080002', 'character', 'digit of another script that looks like ‘2’ \\(U\\+1D7D0\\)'],
    ['EXS44٢C080002', 'character', 'an Arabic-Indic digit'],
    ['ᎬXS442C080002', 'character', 'a Cherokee letter that looks like ‘E’'],
    ['EXՍ442C080002', 'character', 'an Armenian letter that looks like ‘U’'],
    ['ＥXS442C080002', 'character', 'full-width letter that looks like ‘E’'],
    ['EXS442\u3164C08002', 'character', '⟨U\\+3164⟩.* an invisible character'],
    ['EXS442\u2800C08002', 'character', '⟨U\\+2800⟩.* an invisible character'],
    ['EXS442\uFE0FC08002', 'character', '⟨U\\+FE0F⟩.* an invisible character'],
    ['EXS442\u202EC08002', 'character', 'mark of writing direction'],
    ['EXS442\uE000C08002', 'character', 'private use'],
    ['EXS442C080002*', 'character', '‘\\*’ \\(U\\+002A\\)'],
    ['ЕXS442C080002', 'character', 'Cyrillic letter that looks like ‘E’'],
    ['EΧS442C080002', 'character', 'Greek letter that looks like ‘X’'],
    ['EXS442\uFFFDC080002', 'character', 'not saved as UTF-8'],
    ['EXS442C08000²', 'character', 'number sign'],
    ['EXS442C080é02', 'character', 'letter outside A to Z'],
    ['EXS442C08\u03010002', 'character', 'accent or mark'],
    ['EXS442\nC080002', 'character', 'line break'],
    ['EXS442\tC080002', 'character', 'a tab'],
    ['EXS442"C080002', 'character', 'quotation mark'],
    ['EXS442&amp;C080002', 'character', '‘&’'],
    ['EXS442%20C080002', 'character', '‘%’'],
    ['EXS442🙂C080002', 'character', '‘🙂’ \\(U\\+1F642\\)'],
    ['A'.repeat(65), 'length', '65 characters'],
    ['A'.repeat(255), 'length', 'cut off'],
  ])('%j is refused, with the reason', (text, kind, reason) => {
    const fault = faultOf(text)
    expect(fault?.code).toBe(`row.serial-no-${kind}`)
    expect(fault?.reason).toMatch(new RegExp(kind === 'rewritten' ? escaped(reason) : reason))
    expect(fault?.reason).toMatch(/^‘.*\.$/u)
  })

  it.each([
    ['12345678901', 'row.serial-no-short'],
    ['2026-01-0300', undefined],
    ['2026-01-03', 'row.serial-no-date'],
    ['03-01-2026', 'row.serial-no-date'],
    ['1234567890.12', 'row.serial-no-decimal'],
    ['8901234567890120', 'row.serial-no-rounded'],
    ['890123456789012000', 'row.serial-no-rounded'],
    ['000000000000', 'row.serial-no-uniform'],
    ['EXS442D000001-EXS442D000010', 'row.serial-no-several'],
    ['EXS442D000001/EXS442D000002', 'row.serial-no-several'],
  ])('%s waits for a person', (text, code) => {
    expect(faultOf(text)).toBeUndefined()
    if (code === undefined) expect(doubtsOf(text)).toEqual([])
    else expect(doubtsOf(text)).toContain(code)
  })

  it('shows no text at full length, and none that cannot be seen', () => {
    const reason = faultOf(`EX\u200B${'A'.repeat(10_000)}`)?.reason ?? ''
    expect(reason.length).toBeLessThan(300)
    expect(reason).toContain('EX⟨U+200B⟩')
  })
})

describe('the form of a model’s serial numbers', () => {
  const FORM = 'EXS442@#{7}'

  it.each(['EXS442A2600017', 'EXS442Z0000000'])('admits %s', (text) => {
    expect(examineSerialNo(text, parseSerialForm(FORM))).toEqual({ fault: undefined, doubts: [] })
  })

  it.each([
    ['exs442a2600017', 'in capital letters'],
    ['EXS442A260001', 'it has 13 characters; the form has 14'],
    ['EXS442A26000170', 'it has 15 characters; the form has 14'],
    ['EXS443A2600017', 'character 6 is ‘3’; the form has ‘2’ there'],
    ['EXS44212600017', 'character 7 is ‘1’; the form has letter A to Z there'],
  ])('refuses %s and says where', (text, where) => {
    const fault = faultOf(text, FORM)
    expect(fault?.code).toBe('row.serial-no-form')
    expect(fault?.reason).toContain(where)
    expect(fault?.reason).toContain(FORM)
  })

  it('still detects what a spreadsheet did to a serial number of the form', () => {
    expect(faultOf('8.90123E+14', '#{15}')?.code).toBe('row.serial-no-rewritten')
    expect(faultOf('EXS442\u00A0A260001', FORM)?.code).toBe('row.serial-no-character')
    expect(faultOf('TRUE', '@{4}')?.code).toBe('row.serial-no-stand-in')
  })

  it('allows a form shorter than MDS asks for, and with other characters', () => {
    expect(faultOf('AB 12#3', '@{2}\\ #{2}\\##')).toBeUndefined()
    expect(doubtsOf('AB 12#3', '@{2}\\ #{2}\\##')).toEqual([])
    expect(faultOf('123.456.789.012', '#{3}.#{3}.#{3}.#{3}')).toBeUndefined()
  })

  it('does not vouch for digits that a spreadsheet rounds away', () => {
    expect(doubtsOf('8901234567890120', '#{16}')).toEqual(['row.serial-no-rounded'])
  })

  it('counts between two bounds, also several times in a row', () => {
    for (const text of ['1', '123456']) expect(faultOf(text, '#{1,3}#{0,3}')).toBeUndefined()
    expect(faultOf('1234567', '#{1,3}#{0,3}')?.code).toBe('row.serial-no-form')
  })

  it.each([
    ['', 'empty'],
    ['#{0,5}', 'empty'],
    ['#{5,2}', 'counts'],
    ['#{65}', 'at most 64'],
    ['EX(S', '‘(S’'],
    ['^EX.*$', '‘^EX'],
    ['A{3}', '‘{3}’'],
    ['EX é', '‘ é’'],
    ['EX\\é', '‘\\é’'],
    ['#'.repeat(200), '128'],
  ])('is not %j', (text, why) => {
    expect(() => parseSerialForm(text)).toThrow(why)
  })

  it('compares any form in one pass', () => {
    const form = parseSerialForm(`#${'#{0,3}'.repeat(21)}`)
    const almost = `${'1'.repeat(63)}x`
    for (let i = 0; i < 1_000; i++) expect(fitsForm(form, almost)).toBe(false)
  })
})

const escaped = (text: string): string => text.replaceAll(/[()+^]/g, '\\$&')
