import { lifecycle, no, to } from './lifecycle.ts'

/** The life of an import, as one total table. Pure, as the life of a device is. */

export const IMPORT_STATES = [
  /** The file is arriving, row by row. */
  'receiving',
  /** Its rows are compared with one another and with the repository. */
  'checking',
  /** An operator sees what would be approved, and decides. */
  'ready',
  'applying',
  'applied',
  /** It left no rows behind, only the reason. */
  'failed',
  'discarded',
] as const
export type ImportState = (typeof IMPORT_STATES)[number]

/** What operators ask for: `receive` again, `confirm`, `discard`. The rest the server does. */
export const IMPORT_ACTS = [
  'receive',
  'check',
  'preview',
  'confirm',
  'apply',
  'fail',
  'discard',
] as const
export type ImportAct = (typeof IMPORT_ACTS)[number]

const NOT_READ = no('The file has not been read to its end.')
const NOT_CHECKED = no('The rows of the file are still being checked.')
const NOT_CONFIRMED = no('The import waits for an operator’s decision.')
const UNDER_WAY = no('The import was confirmed, and its devices are being approved.')
const APPLIED = no('The import was applied. Its devices are approved.')
const FAILED = no('The import has failed. Send the file again.')
const DISCARDED = no('The import was discarded.')

export const importLife = lifecycle<ImportState, ImportAct>('import.state-refused', {
  receiving: {
    receive: no('The file is being received already.'),
    check: to('checking'),
    preview: NOT_READ,
    confirm: NOT_READ,
    apply: NOT_READ,
    fail: to('failed'),
    discard: NOT_READ,
  },
  checking: {
    receive: NOT_CHECKED,
    check: NOT_CHECKED,
    preview: to('ready'),
    confirm: NOT_CHECKED,
    apply: NOT_CHECKED,
    fail: to('failed'),
    discard: NOT_CHECKED,
  },
  ready: {
    receive: NOT_CONFIRMED,
    check: NOT_CONFIRMED,
    preview: NOT_CONFIRMED,
    confirm: to('applying'),
    apply: NOT_CONFIRMED,
    // Nothing is at work on it.
    fail: NOT_CONFIRMED,
    discard: to('discarded'),
  },
  applying: {
    receive: UNDER_WAY,
    check: UNDER_WAY,
    // The repository changed since the preview, so that the operator did not see what would happen now.
    preview: to('ready'),
    confirm: UNDER_WAY,
    apply: to('applied'),
    fail: to('failed'),
    discard: UNDER_WAY,
  },
  applied: {
    receive: APPLIED,
    check: APPLIED,
    preview: APPLIED,
    confirm: APPLIED,
    apply: APPLIED,
    fail: APPLIED,
    discard: APPLIED,
  },
  failed: {
    receive: to('receiving'),
    check: FAILED,
    preview: FAILED,
    confirm: FAILED,
    apply: FAILED,
    fail: FAILED,
    discard: to('discarded'),
  },
  discarded: {
    receive: DISCARDED,
    check: DISCARDED,
    preview: DISCARDED,
    confirm: DISCARDED,
    apply: DISCARDED,
    fail: DISCARDED,
    discard: DISCARDED,
  },
})
