import { PROOF_FAULTS } from '../domain/device-proof.ts'
import { SERIAL_NO_DOUBTS, SERIAL_NO_FAULTS } from '../domain/serial-number.ts'

/** Every way a row can be wrong: the code is stable, the sentence is for the person who mends the file. */
export const ROW_ERRORS = {
  'row.column-count': 'The row has a value where the header has no column.',
  'row.value-missing': 'A value is required here.',
  'row.value-malformed': 'The value has characters that are not allowed, or is too long.',
  'row.formula': 'The value begins like a spreadsheet formula.',
  ...SERIAL_NO_FAULTS,
  'row.serial-no-rounded-column':
    'All long serial numbers of the file end in zeros from the 16th digit on: a spreadsheet rounded them.',
  'row.device-type-unknown': 'The type is none of Finger, Iris and Face.',
  'row.level-unknown': 'The level is neither L0 nor L1.',
  'row.sha256-malformed': 'The value is not a SHA-256 in 64 hexadecimal digits.',
  'row.sha256-series':
    'A spreadsheet continued this value as a series: it is another row’s, counted on.',
  'row.model-unknown': 'No model has this make and model; create it first.',
  'row.model-retired': 'This model is retired.',
  'row.device-type-differs': 'The approved model has another type.',
  'row.device-sub-type-differs': 'The approved model has another sub-type.',
  'row.level-differs': 'The approved model has another level.',
  'row.group-unknown': 'No group has this name; create it first.',
  'row.ftm-provider-differs': 'The model’s chips come from another FTM provider than the manifest.',
  'row.ftm-certificate-not-for-l0': PROOF_FAULTS['row.ftm-certificate-not-for-l0'].reason,
  'row.enrolment-secret-not-for-l1': PROOF_FAULTS['row.enrolment-secret-not-for-l1'].reason,
  'row.enrolment-secret-missing': PROOF_FAULTS['row.enrolment-secret-missing'].reason,
  'row.duplicate-in-file': 'The same make, model and serial number stand in an earlier row.',
  'row.duplicate-ftm-certificate': 'The same FTM certificate stands in an earlier row.',
  'row.device-exists': 'A device with this make, model and serial number is in the repository.',
  'row.ftm-certificate-taken': 'Another device in the repository has this FTM certificate.',
} as const
export type RowErrorCode = keyof typeof ROW_ERRORS

/** What may be right: a person confirms it, or leaves the row out. */
export const ROW_WARNINGS = { ...SERIAL_NO_DOUBTS } as const
export type RowWarningCode = keyof typeof ROW_WARNINGS

export type RowFindingCode = RowErrorCode | RowWarningCode
export const ROW_FINDINGS: Readonly<Record<RowFindingCode, string>> = {
  ...ROW_ERRORS,
  ...ROW_WARNINGS,
}
export const isRowWarning = (code: RowFindingCode): code is RowWarningCode =>
  Object.hasOwn(ROW_WARNINGS, code)
