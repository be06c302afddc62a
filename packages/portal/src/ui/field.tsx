import { clsx } from 'clsx'
import { CircleAlert } from 'lucide-react'
import { useId, type ComponentProps, type ReactNode } from 'react'

interface FieldProps {
  readonly label: string
  readonly hint?: ReactNode
  readonly error?: string | undefined
  readonly optional?: string
  readonly className?: string
  readonly children: (control: {
    id: string
    'aria-describedby': string | undefined
    'aria-invalid': true | undefined
  }) => ReactNode
}

/** A label above its control, a hint or the error beneath, tied together for a screen reader. */
export function Field({ label, hint, error, optional, className, children }: FieldProps) {
  const id = useId()
  const noteId = `${id}-note`
  const hasNote = error !== undefined || hint !== undefined
  return (
    <div className={clsx('flex flex-col gap-1.5', className)}>
      <label htmlFor={id} className="text-13 font-medium">
        {label}
        {optional !== undefined && <span className="font-normal text-muted"> · {optional}</span>}
      </label>
      {children({
        id,
        'aria-describedby': hasNote ? noteId : undefined,
        'aria-invalid': error === undefined ? undefined : true,
      })}
      {error !== undefined ? (
        <p id={noteId} className="flex items-start gap-1.5 text-12 text-bad">
          <CircleAlert aria-hidden="true" className="mt-px size-3.5 shrink-0 text-bad-mark" />
          {error}
        </p>
      ) : (
        hint !== undefined && (
          <p id={noteId} className="text-12 text-muted">
            {hint}
          </p>
        )
      )}
    </div>
  )
}

export const controlClass =
  'min-w-0 rounded-md bg-surface px-2.5 text-14 text-ink ring-1 ring-inset ring-edge transition-shadow hover:ring-muted focus:outline-none focus:ring-2 focus:ring-focus aria-invalid:ring-bad-mark aria-invalid:ring-2'

export function TextInput({ className, ...rest }: ComponentProps<'input'>) {
  return (
    <input
      autoComplete="off"
      spellCheck={false}
      {...rest}
      className={clsx(controlClass, 'h-9 w-full', className)}
    />
  )
}

export function TextArea({ className, ...rest }: ComponentProps<'textarea'>) {
  return (
    <textarea
      spellCheck={false}
      {...rest}
      className={clsx(controlClass, 'min-h-20 w-full resize-y py-2', className)}
    />
  )
}
