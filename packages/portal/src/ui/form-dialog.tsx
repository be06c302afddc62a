import type { Proposed } from '@sanad/protocol/operator-api/proposals'
import { type QueryKey, useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { readAgain, stale } from '../api/call.ts'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { tell } from './notices.tsx'
import { ProblemNote } from './problem-note.tsx'
import { isProposed, WaitsForSecond } from './waits-for-second.tsx'

interface FormDialogProps<Input, Answer> {
  readonly title: ReactNode
  readonly note?: ReactNode
  readonly wide?: boolean
  /** The verb on the button that sends the form. */
  readonly submit: string
  readonly shape?: 'primary' | 'danger'
  /** Why the form cannot be sent now, whatever is filled in. */
  readonly refusal?: string | undefined
  /** Something that the person must see first is still loading. */
  readonly isLoading?: boolean
  /** What failed, as a sentence: “The device was not approved.” */
  readonly failed?: string
  /** What the fields add up to; undefined while one of them is missing or wrong. */
  readonly input: Input | undefined
  readonly send: (input: Input) => Promise<Answer | Proposed>
  /** Read again once it is done. */
  readonly stale: readonly QueryKey[]
  /** Said for a few seconds once it is done. */
  readonly told?: string | ((answer: Answer) => string)
  /** Instead of closing the dialog. */
  readonly onDone?: (answer: Answer) => unknown
  readonly onRefused?: (error: Error, input: Input) => void
  readonly onClose: () => void
  /** The fields; `isChecked` from the first attempt to send, when missing fields are to say so. */
  readonly children?: ReactNode | ((isChecked: boolean) => ReactNode)
}

/**
 * A form in a dialog: its fields, then what the server refused, then two buttons.
 *
 * An operation that two people decide is answered with a proposal: the dialog stays, and says what it waits for.
 */
export function FormDialog<Input, Answer>(props: FormDialogProps<Input, Answer>) {
  const { title, note, wide = false, failed, input, onClose, children } = props
  const [attempts, setAttempts] = useState(0)
  const fields = useFirstWrongField(attempts)
  const { sending, proposed } = useSending(props)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setAttempts(attempts + 1)
    if (input !== undefined && props.refusal === undefined && !sending.isPending)
      sending.mutate(input)
  }
  if (proposed !== undefined)
    return (
      <Dialog open onClose={onClose} title={title}>
        <WaitsForSecond proposed={proposed} onClose={onClose} />
      </Dialog>
    )
  return (
    <Dialog open wide={wide} onClose={onClose} title={title} note={note}>
      <form ref={fields} onSubmit={submit} className="flex flex-col gap-4">
        {typeof children === 'function' ? children(attempts > 0) : children}
        {sending.isError && (
          <ProblemNote error={sending.error} {...(failed !== undefined && { what: failed })} />
        )}
        <FormButtons {...props} isBusy={sending.isPending} />
      </form>
    </Dialog>
  )
}

function useSending<Input, Answer>(props: FormDialogProps<Input, Answer>) {
  const { send, stale: keys, told, onDone, onRefused, onClose } = props
  const client = useQueryClient()
  const [proposed, setProposed] = useState<Proposed>()
  const sending = useMutation({
    mutationFn: send,
    onError: (error, input) => onRefused?.(error, input),
    onSuccess: async (answer) => {
      if (isProposed(answer)) {
        setProposed(answer)
        return readAgain(client, [['proposals'], ...stale('listEvents')])
      }
      if (told !== undefined) tell(typeof told === 'string' ? told : told(answer))
      await (onDone === undefined ? onClose() : onDone(answer))
      return readAgain(client, keys)
    },
  })
  return { sending, proposed }
}

interface FormButtonsProps {
  readonly submit: string
  readonly shape?: 'primary' | 'danger'
  readonly refusal?: string | undefined
  readonly isLoading?: boolean
  readonly isBusy: boolean
  readonly onClose: () => void
}

function FormButtons(props: FormButtonsProps) {
  const { submit, shape = 'primary', refusal, isLoading = false, isBusy, onClose } = props
  const { t } = useTranslation()
  return (
    <div className="flex justify-end gap-2 pt-1">
      <Button onClick={onClose}>{t('ui.cancel')}</Button>
      <Button type="submit" shape={shape} refusal={refusal} busy={isBusy || isLoading}>
        {submit}
      </Button>
    </div>
  )
}

/** An attempt that cannot be sent leads to the first field that says why. */
function useFirstWrongField(attempts: number) {
  const form = useRef<HTMLFormElement>(null)
  useEffect(() => {
    if (attempts > 0) form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus()
  }, [attempts])
  return form
}
