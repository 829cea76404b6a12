import type { Field, Rule } from 'gradus/options'
import { useId, useState } from 'preact/hooks'
import type { Control } from './lab.ts'
import type { Session } from './session.ts'
import { shown } from './canvas/scale.ts'

/** `learningRate` as people read it: `Learning rate`. */
export const spoken = (key: string): string => {
  const words = key.replaceAll(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`)
  return words[0]!.toUpperCase() + words.slice(1)
}

/** Settings that say when a run ends. */
const ofTheRun = new Set(['seed', 'steps', 'target', 'patience'])

/** Controls for all settings of a lab, made from their rules. */
export const Controls = ({ session }: { readonly session: Session }) => {
  const settings = session.settings.value
  const groups = new Map<string, Field[]>()
  for (const field of session.about.options.fields) {
    const control = controlOf(session, field.key)
    if (control.as === 'hidden' || session.hide.has(field.key) || control.when?.(settings) === false) continue
    const group = control.group ?? (ofTheRun.has(field.key) ? 'Run' : 'Settings')
    groups.set(group, [...(groups.get(group) ?? []), field])
  }
  return (
    <form class="controls" onSubmit={event => event.preventDefault()}>
      {[...groups].map(([name, fields]) => (
        <fieldset key={name}>
          <legend>{name}</legend>
          {fields.map(({ key, rule }) => (
            <Setting key={key} name={key} rule={rule} session={session} />
          ))}
        </fieldset>
      ))}
    </form>
  )
}

const controlOf = (session: Session, key: string): Control =>
  (session.about.controls as Readonly<Record<string, Control | undefined>> | undefined)?.[key] ?? {}

/** One setting with its label; for a view that places it elsewhere. */
export const Setting = ({
  name,
  rule,
  session,
}: {
  readonly name: string
  readonly rule: Rule
  readonly session: Session
}) => {
  const id = useId()
  const control = controlOf(session, name)
  const value = session.settings.value[name]
  const change = (next: unknown): void => session.change({ [name]: next })
  const label = control.label ?? spoken(name)
  const common = { id, 'data-setting': name, title: `${rule.help} (${rule.expected})` }
  if (rule.kind === 'flag') {
    return (
      <label class="setting check" for={id}>
        <input {...common} type="checkbox" checked={value === true} onChange={e => change(e.currentTarget.checked)} />
        {label}
      </label>
    )
  }
  const ends = endsOf(rule, control)
  return (
    <div class="setting">
      <label for={id}>
        {label}
        {ends && <output>{typeof value === 'number' ? shown(value) : 'none'}</output>}
      </label>
      {rule.choices ? (
        <select {...common} value={String(value)} onChange={e => change(e.currentTarget.value)}>
          {rule.choices.map(choice => (
            <option key={choice} value={choice}>
              {control.names?.[choice] ?? choice}
            </option>
          ))}
        </select>
      ) : ends ? (
        <Slider {...common} ends={ends} value={value as number} change={change} whole={rule.kind === 'integer'} />
      ) : (
        <Written {...common} rule={rule} value={value} change={change} area={control.as === 'area'} />
      )}
    </div>
  )
}

interface Ends {
  readonly min: number
  readonly max: number
  readonly step?: number | undefined
  readonly log: boolean
}

const endsOf = (rule: Rule, control: Control): Ends | null => {
  const min = control.min ?? rule.bounds?.min ?? rule.bounds?.above
  const max = control.max ?? rule.bounds?.max ?? rule.bounds?.below
  if (rule.bounds === undefined || min === undefined || max === undefined) return null
  if (rule.kind === 'integer' && max - min > 10_000 && !control.log) return null
  return { min, max, step: control.step, log: control.log ?? false }
}

const positions = 100
const round2 = (value: number): number => Number(value.toPrecision(2))

const Slider = ({
  ends: { min, max, step, log },
  value,
  change,
  whole,
  ...rest
}: {
  readonly ends: Ends
  readonly value: number
  readonly change: (value: number) => void
  readonly whole: boolean
  readonly id: string
  readonly title: string
}) => {
  if (!log) {
    return (
      <input
        {...rest}
        type="range"
        min={min}
        max={max}
        step={step ?? (whole ? 1 : (max - min) / positions)}
        value={value}
        onInput={e => change(Number(Number(e.currentTarget.value).toPrecision(6)))}
      />
    )
  }
  const ratio = Math.log(max / min)
  return (
    <input
      {...rest}
      type="range"
      min={0}
      max={positions}
      step={1}
      value={(positions * Math.log(value / min)) / ratio}
      aria-valuetext={shown(value)}
      onInput={e => {
        const exact = min * Math.exp((Number(e.currentTarget.value) / positions) * ratio)
        change(whole ? Math.round(round2(exact)) : round2(exact))
      }}
    />
  )
}

/** A setting that is typed. What breaks its rule is said under it, and changes nothing. */
const Written = ({
  rule,
  value,
  change,
  area,
  ...rest
}: {
  readonly rule: Rule
  readonly value: unknown
  readonly change: (value: unknown) => void
  readonly area: boolean
  readonly id: string
  readonly title: string
}) => {
  const [wrong, setWrong] = useState<string | null>(null)
  const take = (text: string): void => {
    if (text.trim() === '' && rule.kind !== 'text') {
      setWrong(null)
      return change(rule.kind === 'list' ? [] : rule.default)
    }
    const next = rule.fromText(text)
    const right = rule.accepts(next)
    setWrong(right ? null : `${rule.expected}; got ${JSON.stringify(text)}`)
    if (right) change(next)
  }
  const text = value === undefined ? '' : Array.isArray(value) ? value.join(', ') : String(value)
  const common = { ...rest, 'aria-invalid': wrong !== null, 'aria-describedby': `${rest.id}-wrong` }
  return (
    <>
      {area ? (
        <textarea {...common} rows={4} value={text} onInput={e => take(e.currentTarget.value)} />
      ) : (
        <input
          {...common}
          type="text"
          inputMode={rule.kind === 'integer' ? 'numeric' : rule.kind === 'number' ? 'decimal' : 'text'}
          placeholder="none"
          value={text}
          onChange={e => take(e.currentTarget.value)}
        />
      )}
      <small id={`${rest.id}-wrong`} class="wrong" role="status">
        {wrong && `Must be ${wrong}.`}
      </small>
    </>
  )
}
