import { Eye, EyeOff } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { TextInput } from '../ui/field.tsx'

interface PasswordInputProps {
  readonly id: string
  readonly 'aria-describedby': string | undefined
  readonly 'aria-invalid': true | undefined
  readonly value: string
  readonly onChange: (value: string) => void
  readonly isNew?: boolean
}

export function PasswordInput({ value, onChange, isNew = false, ...control }: PasswordInputProps) {
  const { t } = useTranslation()
  const [isShown, setShown] = useState(false)
  const Icon = isShown ? EyeOff : Eye
  return (
    <div className="relative">
      <TextInput
        {...control}
        type={isShown ? 'text' : 'password'}
        autoComplete={isNew ? 'new-password' : 'current-password'}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        className="pe-9"
      />
      <button
        type="button"
        aria-label={t(isShown ? 'session.sign-in.hide' : 'session.sign-in.show')}
        onClick={() => setShown(!isShown)}
        className="absolute end-1 top-1 inline-flex size-7 items-center justify-center rounded-sm text-muted hover:text-ink"
      >
        <Icon aria-hidden="true" className="size-4" />
      </button>
    </div>
  )
}
