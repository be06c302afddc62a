import { describe, expect, it } from 'vitest'
import { findStrangeWriter, findStranger, parseAccessList } from './access-list.ts'

/** As Windows writes them, whatever language it speaks: ConvertSecurityDescriptorToStringSecurityDescriptor. */
const OWN = 'S-1-5-21-1004336348-1177238915-682003330-1001'
const OURS = 'O:BAD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;RC;;;S-1-3-4)'
/** `C:\ProgramData`, and what a folder made in it inherits from it. */
const PROGRAM_DATA =
  'O:SYD:PAI(A;OICIIO;GA;;;CO)(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)(A;CI;DCLCRPCR;;;BU)'
const IN_PROGRAM_DATA =
  'O:BAD:AI(A;ID;FA;;;BA)(A;OICIIOID;GA;;;CO)(A;OICIID;FA;;;SY)(A;OICIID;FA;;;BA)(A;OICIID;0x1200a9;;;BU)(A;CIID;DCLCRPCR;;;BU)'
/** `C:\Program Files`. */
const PROGRAM_FILES =
  'O:S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464D:PAI(A;;FA;;;S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464)(A;CIIO;GA;;;S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464)(A;;0x1301bf;;;SY)(A;OICIIO;GA;;;SY)(A;;0x1301bf;;;BA)(A;OICIIO;GA;;;BA)(A;;0x1200a9;;;BU)(A;OICIIO;GXGR;;;BU)(A;OICIIO;GA;;;CO)(A;;0x1200a9;;;AC)(A;OICIIO;GXGR;;;AC)'

function judge(sddl: string, find = findStranger): string | undefined {
  const list = parseAccessList(sddl)
  if (list === undefined) throw new Error(`not read: ${sddl}`)
  return find({ list, own: OWN })
}

describe('an access list of Windows', () => {
  it('is read entry by entry, with rights as letters or as a number', () => {
    expect(parseAccessList('O:BAG:SYD:PAI(A;OICI;FA;;;SY)(D;;0x1301bf;;;S-1-5-7)')).toEqual({
      owner: 'BA',
      entries: [
        { isAllowing: true, rights: 0x1f01ff, account: 'SY' },
        { isAllowing: false, rights: 0x1301bf, account: 'S-1-5-7' },
      ],
    })
  })

  it.each([
    '',
    'nonsense',
    'O:BAD:P(A;;QQ;;;SY)',
    'O:BAD:P(A;;FA;;;)',
    'O:BAD:P(?;;FA;;;SY)',
    'O:BAD:P(A;;FA',
  ])('is not guessed at where it cannot be read: %j', (text) => {
    expect(parseAccessList(text)).toBeUndefined()
  })
})

describe('what only the client should reach', () => {
  it.each([
    ['for SYSTEM and administrators', OURS],
    ['of the client’s own account', `O:${OWN}D:P(A;OICI;FA;;;${OWN})`],
    [
      'made by a technician, where owners have no rights by that',
      OURS.replace('O:BA', 'O:S-1-5-21-1-2-3-500'),
    ],
    ['that others are denied', `${OURS}(D;;FA;;;WD)`],
  ])('is well: %s', (_what, sddl) => {
    expect(judge(sddl)).toBeUndefined()
  })

  it.each([
    ['in a folder that every user reads', IN_PROGRAM_DATA, 'BU'],
    ['that everyone reads', `${OURS}(A;;FR;;;WD)`, 'WD'],
    [
      'that one more account reads',
      `${OURS}(A;;0x120089;;;S-1-5-21-1-2-3-1002)`,
      'S-1-5-21-1-2-3-1002',
    ],
    ['that only new files are read in', `${OURS}(A;OICIIO;GR;;;AU)`, 'AU'],
    ['under a condition', `${OURS}(XA;;FR;;;BU;(Member_of {SID(BA)}))`, 'BU'],
    ['of an owner who may change the list', 'O:S-1-5-21-1-2-3-1002D:P(A;OICI;FA;;;SY)', 'owner'],
    [
      'of an owner with more rights than to read the list',
      'O:S-1-5-21-1-2-3-1002D:P(A;;FA;;;OW)',
      'owner',
    ],
    ['without a list', 'O:BA', 'no access list'],
    ['with the list that allows everything', 'O:BAD:NO_ACCESS_CONTROL', 'no access list'],
  ])('is too open: %s', (_what, sddl, why) => {
    expect(judge(sddl)).toContain(why)
  })
})

describe('what only the client and administrators should change', () => {
  it.each([
    ['programs that every user runs', PROGRAM_FILES],
    ['a folder that an SBI reads', `${OURS}(A;OICI;0x1200a9;;;S-1-5-80-1-2-3-4-5)`],
  ])('is well: %s', (_what, sddl) => {
    expect(judge(sddl, findStrangeWriter)).toBeUndefined()
  })

  it.each([
    ['in which every user makes files', PROGRAM_DATA],
    ['that a user may delete', `${OURS}(A;;SD;;;BU)`],
    ['of which a user may give rights away', `${OURS}(A;;WD;;;BU)`],
    ['to which users may append', `${OURS}(A;;0x4;;;BU)`],
    ['with every right for authenticated users', `${OURS}(A;OICI;0x1301bf;;;AU)`],
  ])('is too open: %s', (_what, sddl) => {
    expect(judge(sddl, findStrangeWriter)).toMatch(/account (BU|AU) has rights/)
  })
})
